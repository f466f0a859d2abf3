-- Who follows, blocks and hides what; how people are found.

-- public, followers or private; it takes the place of the old yes or no.
ALTER TABLE rucks ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
UPDATE rucks SET visibility = 'public' WHERE is_public;
ALTER TABLE rucks DROP COLUMN is_public;

CREATE TABLE follows (
  follower_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  followed_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at {{bigint}} NOT NULL,
  PRIMARY KEY (follower_id, followed_id)
) {{clustered}};
CREATE INDEX follows_of_follower ON follows (follower_id, created_at, followed_id);
CREATE INDEX follows_of_followed ON follows (followed_id, created_at, follower_id);

-- Kept beside the follows, so that a profile never counts them.
CREATE TABLE user_counts (
  user_id {{uuid}} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  followers {{bigint}} NOT NULL,
  following {{bigint}} NOT NULL
) {{clustered}};

-- Two rows a block, one from each side: "is there one between these two" is one look, whoever asks.
CREATE TABLE blocks (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  other_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  by_user {{boolean}} NOT NULL,          -- user_id blocks other_id
  by_other {{boolean}} NOT NULL,         -- other_id blocks user_id
  created_at {{bigint}} NOT NULL,
  PRIMARY KEY (user_id, other_id)
) {{clustered}};
CREATE INDEX blocks_other ON blocks (other_id);

CREATE TABLE privacy_zones (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id {{uuid}} NOT NULL,
  name TEXT NOT NULL,
  lat {{real}} NOT NULL,
  lng {{real}} NOT NULL,
  radius_m {{real}} NOT NULL,
  created_at {{bigint}} NOT NULL,
  PRIMARY KEY (user_id, id)
) {{clustered}};

-- Names in lower case (ASCII), to be found by their beginning; and by any three letters in a row.
ALTER TABLE users ADD COLUMN name_key {{bytewise}} NOT NULL DEFAULT '';
UPDATE users SET name_key = LOWER(username);
CREATE INDEX users_name ON users (name_key, id);

CREATE TABLE name_trigrams (
  trigram TEXT NOT NULL,
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (trigram, user_id)
) {{clustered}};
CREATE INDEX name_trigrams_user ON name_trigrams (user_id);
INSERT INTO name_trigrams (trigram, user_id)
  WITH RECURSIVE letters (user_id, name, place) AS (
    SELECT id, ' ' || name_key, 1 FROM users
    UNION ALL
    SELECT user_id, name, place + 1 FROM letters WHERE place + 3 <= LENGTH(name)
  )
  SELECT DISTINCT SUBSTR(name, place, 3), user_id FROM letters WHERE LENGTH(name) >= 3;

-- The live badge: whose ruck is under way.
CREATE INDEX rucks_under_way ON rucks (user_id, started_at) WHERE status IN ('in_progress', 'paused');
