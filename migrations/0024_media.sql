-- Photos of rucks, and avatars. The files themselves are in the blob store.

CREATE TABLE media (
  id {{uuid}} PRIMARY KEY,               -- random: an address tells nothing of when it was made
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  ruck_id {{bigint}} REFERENCES ruck_owners (ruck_id) ON DELETE CASCADE,  -- NULL: an avatar
  status TEXT NOT NULL,                  -- waiting, ready, refused
  source_hash {{bytes}} NOT NULL,        -- SHA-256 of the file as it was sent
  source_bytes {{bigint}} NOT NULL,
  incoming_key TEXT NOT NULL,            -- of the file as it was sent, while it waits
  keep_original {{boolean}} NOT NULL,
  original_key TEXT,                     -- of the same, where its owner wants it kept
  filename TEXT NOT NULL,                -- as its owner named it
  alt_text TEXT NOT NULL,                -- what it shows, in its owner's words
  reason TEXT,                           -- of one that was refused, for its owner
  variants TEXT NOT NULL,                -- JSON: size, format, key, width, height, bytes of each file
  width {{bigint}} NOT NULL,             -- pixels, of the whole picture as it is shown
  height {{bigint}} NOT NULL,
  thumb_hash {{bytes}} NOT NULL,
  taken_lat {{real}},                    -- degrees, as the camera says: for its owner alone
  taken_lng {{real}},
  taken_at {{bigint}},                   -- microseconds since 1970
  created_at {{bigint}} NOT NULL,        -- the order of a ruck's photos
  updated_at {{bigint}} NOT NULL
) {{table}};
-- The same file sent again to the same ruck is the same photo.
CREATE UNIQUE INDEX media_once ON media (user_id, ruck_id, source_hash);
CREATE INDEX media_ruck ON media (ruck_id, created_at, id);
CREATE INDEX media_avatar ON media (user_id, created_at) WHERE ruck_id IS NULL;
CREATE INDEX media_unfinished ON media (updated_at) WHERE status <> 'ready';

-- Who needs a blob: so that one is removed when nobody does, and is not put while it is being removed.
CREATE TABLE media_blobs (
  user_id {{uuid}} NOT NULL,             -- of the blob; it may outlive the account for a moment
  blob TEXT NOT NULL,                    -- the key after the user's id
  holder {{uuid}} NOT NULL,              -- of media; nil: it is being removed
  PRIMARY KEY (user_id, blob, holder)
) {{clustered}};
CREATE INDEX media_blobs_holder ON media_blobs (holder);

-- The key that signs addresses of photos which not everybody may see. Shared by all instances, made once.
CREATE TABLE media_keys (
  id {{bigint}} PRIMARY KEY,             -- 1: there is one
  secret {{bytes}} NOT NULL,
  created_at {{bigint}} NOT NULL
) {{table}};

-- Until now a phone said so; there were no photos.
UPDATE rucks SET has_photos = CAST(0 AS BOOLEAN) WHERE has_photos;
