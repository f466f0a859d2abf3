-- Likes and comments, and what the feed is sorted by.

CREATE TABLE likes (
  ruck_id {{bigint}} NOT NULL REFERENCES ruck_owners (ruck_id) ON DELETE CASCADE,
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id {{uuid}} NOT NULL,
  created_at {{bigint}} NOT NULL,
  PRIMARY KEY (ruck_id, user_id)
) {{clustered}};
CREATE INDEX likes_newest ON likes (ruck_id, created_at, user_id);
CREATE INDEX likes_user ON likes (user_id);

CREATE TABLE comments (
  id {{uuid}} PRIMARY KEY,
  ruck_id {{bigint}} NOT NULL REFERENCES ruck_owners (ruck_id) ON DELETE CASCADE,
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  content TEXT NOT NULL,
  created_at {{bigint}} NOT NULL,
  updated_at {{bigint}} NOT NULL
) {{table}};
CREATE INDEX comments_newest ON comments (ruck_id, created_at, id);
CREATE INDEX comments_user ON comments (user_id);

-- Kept beside them, so that no list counts.
CREATE TABLE ruck_counts (
  ruck_id {{bigint}} PRIMARY KEY REFERENCES ruck_owners (ruck_id) ON DELETE CASCADE,
  likes {{bigint}} NOT NULL,
  comments {{bigint}} NOT NULL
) {{table}};

-- About where: a cell of a tenth of a degree of the middle of the line, see services/rucks/results.
ALTER TABLE rucks ADD COLUMN place_cell {{bigint}};

-- One index for each order of the feed, of the rucks that may be in it at all. The queries repeat the
-- condition word for word, so that both databases use them.
CREATE INDEX rucks_feed_recent ON rucks (listed_at, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND duration_s > 180 AND distance_m >= 500;
CREATE INDEX rucks_feed_place ON rucks (place_cell, listed_at, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND duration_s > 180 AND distance_m >= 500;
CREATE INDEX rucks_feed_distance ON rucks (distance_m, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND duration_s > 180 AND distance_m >= 500;
CREATE INDEX rucks_feed_duration ON rucks (duration_s, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND duration_s > 180 AND distance_m >= 500;
CREATE INDEX rucks_feed_calories ON rucks (calories_kcal, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND duration_s > 180 AND distance_m >= 500;
CREATE INDEX rucks_feed_climb ON rucks (elevation_gain_m, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND duration_s > 180 AND distance_m >= 500;
