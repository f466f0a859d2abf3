-- What people are told, on which devices, and what they have chosen about it.

-- An id is larger than every one of the same user before it. It holds the day and random bits: the moment at which
-- somebody set out is in none.
CREATE TABLE notifications (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id {{bigint}} NOT NULL,
  kind TEXT NOT NULL,                    -- services/notify/kinds
  actor_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,  -- who did it; the user: nobody else
  object {{uuid}} NOT NULL,              -- what it is about: a comment, a cheer, a user, a sign-in, a ruck
  ruck_id {{bigint}} REFERENCES ruck_owners (ruck_id) ON DELETE CASCADE,
  data TEXT NOT NULL,                    -- JSON, text to text
  is_listed {{boolean}} NOT NULL,        -- false: for other channels alone, or taken out of the list
  created_at {{bigint}} NOT NULL,
  read_at {{bigint}},
  PRIMARY KEY (user_id, id)
) {{clustered}};
-- What is told twice is recorded once.
CREATE UNIQUE INDEX notifications_once ON notifications (user_id, kind, actor_id, object);
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_actor ON notifications (actor_id);
CREATE INDEX notifications_ruck ON notifications (ruck_id);
CREATE INDEX notifications_age ON notifications (created_at);

-- Phones and browsers that pushes go to. One belongs to one account and to the sign-in that named it, and goes
-- with either.
CREATE TABLE push_devices (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id {{uuid}} NOT NULL,
  service TEXT NOT NULL,                 -- fcm, web
  device_key TEXT NOT NULL,              -- the app's name of the device; of a browser the hash of its endpoint
  token TEXT NOT NULL,                   -- of FCM; or the endpoint
  token_hash {{bytes}} NOT NULL,         -- SHA-256
  p256dh TEXT,                           -- keys of a browser
  auth TEXT,
  platform TEXT,
  app_version TEXT,
  session_id {{uuid}} NOT NULL,
  created_at {{bigint}} NOT NULL,
  used_at {{bigint}} NOT NULL,           -- when it was named last
  PRIMARY KEY (user_id, id)
) {{table}};
CREATE UNIQUE INDEX push_devices_key ON push_devices (user_id, service, device_key);
CREATE UNIQUE INDEX push_devices_token ON push_devices (token_hash);

-- Of users who have chosen something.
CREATE TABLE notification_settings (
  user_id {{uuid}} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  choices TEXT NOT NULL,                 -- JSON, by type and channel
  quiet_start_min {{bigint}},            -- of the local day
  quiet_end_min {{bigint}},
  updated_at {{bigint}} NOT NULL
) {{table}};
