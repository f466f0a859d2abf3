-- Who may follow a user's rucks live: nobody, mutual (followers whom the user follows back),
-- followers, link (whoever has a share link, no follower).
ALTER TABLE users ADD COLUMN live_audience TEXT NOT NULL DEFAULT 'mutual';

-- New followers wait until the user has said yes.
ALTER TABLE users ADD COLUMN approve_followers {{boolean}} NOT NULL DEFAULT FALSE;
CREATE TABLE follow_requests (
  follower_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  followed_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at {{bigint}} NOT NULL,
  PRIMARY KEY (follower_id, followed_id)
) {{clustered}};
CREATE INDEX follow_requests_of_followed ON follow_requests (followed_id, created_at, follower_id);
