-- How hard days were: what was rated and for how long, what hearts did and for how long. Rucks that
-- were not rated or not measured are told from the rest by the time.
ALTER TABLE user_days ADD COLUMN effort_load {{real}} NOT NULL DEFAULT 0;   -- rating times minutes
ALTER TABLE user_days ADD COLUMN effort_s {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN heart_load {{real}} NOT NULL DEFAULT 0;    -- TRIMP
ALTER TABLE user_days ADD COLUMN heart_s {{real}} NOT NULL DEFAULT 0;
UPDATE user_days SET
  effort_load = (SELECT COALESCE(SUM(r.perceived_exertion * r.duration_s / 60), 0.0) FROM rucks r
    WHERE r.user_id = user_days.user_id AND r.local_day = user_days.day AND r.status = 'completed'
      AND r.perceived_exertion > 0),
  effort_s = (SELECT COALESCE(SUM(r.duration_s), 0.0) FROM rucks r
    WHERE r.user_id = user_days.user_id AND r.local_day = user_days.day AND r.status = 'completed'
      AND r.perceived_exertion > 0),
  heart_load = (SELECT COALESCE(SUM(r.training_load), 0.0) FROM rucks r
    WHERE r.user_id = user_days.user_id AND r.local_day = user_days.day AND r.status = 'completed'),
  heart_s = (SELECT COALESCE(SUM(r.duration_s), 0.0) FROM rucks r
    WHERE r.user_id = user_days.user_id AND r.local_day = user_days.day AND r.status = 'completed'
      AND r.training_load > 0);
