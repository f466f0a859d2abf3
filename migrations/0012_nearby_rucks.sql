-- The feed of what is near looks at the newest of nine cells: this index alone tells whose they are and
-- who may see them.
DROP INDEX rucks_feed_place;
CREATE INDEX rucks_feed_place ON rucks (place_cell, listed_at, id, user_id, visibility)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND duration_s > 180 AND distance_m >= 500;
