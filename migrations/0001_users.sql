-- People and how they prove who they are. Everything a user owns refers to users(id) and goes with it.

CREATE TABLE users (
  id {{uuid}} PRIMARY KEY,
  email TEXT NOT NULL,
  username TEXT NOT NULL,
  weight_kg {{real}},
  height_cm {{real}},
  date_of_birth {{bigint}},              -- days since 1970-01-01
  gender TEXT,
  resting_hr {{bigint}},
  max_hr {{bigint}},
  calorie_method TEXT NOT NULL,          -- fusion, mechanical, hr
  calorie_active_only {{boolean}} NOT NULL,
  prefer_metric {{boolean}} NOT NULL,
  allow_ruck_sharing {{boolean}} NOT NULL,
  is_private {{boolean}} NOT NULL,
  avatar_url TEXT,
  notification_clubs {{boolean}} NOT NULL,
  notification_buddies {{boolean}} NOT NULL,
  notification_events {{boolean}} NOT NULL,
  notification_duels {{boolean}} NOT NULL,
  notification_first_ruck {{boolean}} NOT NULL,
  strava_auto_export {{boolean}} NOT NULL,
  time_zone TEXT NOT NULL,               -- IANA name
  secret {{bytes}} NOT NULL,             -- keys the owner's privacy offsets; never leaves the server
  revision {{bigint}} NOT NULL,          -- goes up with every change the owner could see
  last_active_at {{bigint}},
  created_at {{bigint}} NOT NULL,        -- microseconds since 1970, as every *_at
  updated_at {{bigint}} NOT NULL
) {{table}};

-- Keyed by the e-mail in lower case, so that one address is one account whatever its capitals.
CREATE TABLE credentials (
  email_key TEXT PRIMARY KEY,
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  password_hash TEXT NOT NULL,
  updated_at {{bigint}} NOT NULL
) {{table}};
CREATE UNIQUE INDEX credentials_user ON credentials (user_id);

-- One row a sign-in on a device: a family of refresh tokens, each the successor of the one before.
CREATE TABLE login_sessions (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id {{uuid}} NOT NULL,
  family_key {{bytes}} NOT NULL,         -- makes the successor of a token; useless without the token
  user_agent TEXT NOT NULL,
  created_at {{bigint}} NOT NULL,
  last_used_at {{bigint}} NOT NULL,
  expires_at {{bigint}} NOT NULL,
  revoked_at {{bigint}},
  PRIMARY KEY (user_id, id)
) {{table}};

CREATE TABLE refresh_tokens (
  token_hash {{bytes}} PRIMARY KEY,      -- SHA-256
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  session_id {{uuid}} NOT NULL,
  issued_at {{bigint}} NOT NULL,
  replaced_at {{bigint}},                -- when its successor was issued
  successor_hash {{bytes}}
) {{table}};
CREATE INDEX refresh_tokens_session ON refresh_tokens (user_id, session_id);

CREATE TABLE password_resets (
  token_hash {{bytes}} PRIMARY KEY,
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at {{bigint}} NOT NULL
) {{table}};
CREATE INDEX password_resets_user ON password_resets (user_id);

-- Keys that sign access tokens, shared by all instances.
CREATE TABLE signing_keys (
  key_id TEXT PRIMARY KEY,
  secret {{bytes}} NOT NULL,
  created_at {{bigint}} NOT NULL
) {{table}};
