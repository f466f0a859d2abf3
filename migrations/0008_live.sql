-- What people say to a rucker on the move, and links that show a ruck live to whoever has them.

CREATE TABLE cheers (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,    -- the rucker
  ruck_id {{bigint}} NOT NULL REFERENCES ruck_owners (ruck_id) ON DELETE CASCADE,
  id {{uuid}} NOT NULL,
  sender_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  message TEXT NOT NULL,
  voice_id TEXT,
  created_at {{bigint}} NOT NULL,
  due_at {{bigint}} NOT NULL,            -- delivered then, not before
  delivered_at {{bigint}},
  read_at {{bigint}},
  PRIMARY KEY (user_id, ruck_id, id)
) {{clustered}};
CREATE INDEX cheers_of_sender ON cheers (sender_id, created_at);
CREATE INDEX cheers_ruck ON cheers (ruck_id);
CREATE INDEX cheers_unread ON cheers (user_id, created_at, id) WHERE read_at IS NULL;
CREATE INDEX cheers_due ON cheers (due_at) WHERE delivered_at IS NULL;

-- The token itself is nowhere: who reads this table cannot use a link.
CREATE TABLE live_links (
  token_hash {{bytes}} PRIMARY KEY,
  id {{uuid}} NOT NULL,
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  ruck_id {{bigint}} NOT NULL REFERENCES ruck_owners (ruck_id) ON DELETE CASCADE,
  created_at {{bigint}} NOT NULL,
  expires_at {{bigint}} NOT NULL
) {{clustered}};
CREATE INDEX live_links_ruck ON live_links (user_id, ruck_id);
CREATE INDEX live_links_of_ruck ON live_links (ruck_id);
