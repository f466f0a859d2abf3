-- The feed of those one follows walks all their rucks of a year: this index alone tells which are in it.
CREATE INDEX rucks_of_followed ON rucks (user_id, listed_at, id, visibility)
  WHERE status = 'completed' AND NOT is_manual AND duration_s > 180 AND distance_m >= 500;
