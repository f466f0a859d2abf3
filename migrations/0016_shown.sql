-- What others are shown of a ruck is computed once and kept: lists sort by it, and no reply needs the
-- hidden places. It counts for others only while shown_epoch is the owner's privacy_epoch, which goes up
-- with every change of what is hidden; then it is computed again.
ALTER TABLE users ADD COLUMN privacy_epoch {{bigint}} NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN show_full_totals {{boolean}} NOT NULL DEFAULT FALSE;

ALTER TABLE rucks ADD COLUMN shown_epoch {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE rucks ADD COLUMN shown_started_at {{bigint}};
ALTER TABLE rucks ADD COLUMN shown_at {{bigint}} NOT NULL DEFAULT 0;  -- its end; 0 where nothing is shown
ALTER TABLE rucks ADD COLUMN shown_distance_m {{real}} NOT NULL DEFAULT 0;
ALTER TABLE rucks ADD COLUMN shown_duration_s {{real}} NOT NULL DEFAULT 0;
ALTER TABLE rucks ADD COLUMN shown_gain_m {{real}} NOT NULL DEFAULT 0;
ALTER TABLE rucks ADD COLUMN shown_loss_m {{real}} NOT NULL DEFAULT 0;
ALTER TABLE rucks ADD COLUMN shown_kcal {{real}} NOT NULL DEFAULT 0;
ALTER TABLE ruck_lines ADD COLUMN shown {{bytes}};  -- blocks as in `line`, one for each visible piece
ALTER TABLE ruck_lines ADD COLUMN ends {{bytes}};   -- every fix that was ever taken for an end, as a block

-- Where something of the owner's had to be hidden for the first time, see rucking/privacy. Never removed:
-- a place that is hidden again gets the same circle.
CREATE TABLE privacy_anchors (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  lat {{real}} NOT NULL,
  lng {{real}} NOT NULL,
  need_m {{real}} NOT NULL,
  PRIMARY KEY (user_id, lat, lng)
) {{clustered}};

-- Owners whose rucks are to be computed again for others.
CREATE TABLE privacy_refreshes (
  user_id {{uuid}} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  asked_at {{bigint}} NOT NULL
) {{clustered}};
INSERT INTO privacy_refreshes (user_id, asked_at) SELECT DISTINCT user_id, 0 FROM rucks
  WHERE status = 'completed';

-- Sums of what is shown, by who may see it; the true ones stand beside them.
ALTER TABLE user_days ADD COLUMN public_rucks {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN public_distance_m {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN public_duration_s {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN public_gain_m {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN public_kcal {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN follower_rucks {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN follower_distance_m {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN follower_duration_s {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN follower_gain_m {{real}} NOT NULL DEFAULT 0;
ALTER TABLE user_days ADD COLUMN follower_kcal {{real}} NOT NULL DEFAULT 0;

-- The orders of the feed: by what is shown, so that no order tells more than the card does.
DROP INDEX rucks_feed_recent;
DROP INDEX rucks_feed_place;
DROP INDEX rucks_feed_distance;
DROP INDEX rucks_feed_duration;
DROP INDEX rucks_feed_calories;
DROP INDEX rucks_feed_climb;
DROP INDEX rucks_of_followed;
CREATE INDEX rucks_feed_recent ON rucks (shown_at, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND shown_duration_s > 180 AND shown_distance_m >= 500;
CREATE INDEX rucks_feed_place ON rucks (place_cell, shown_at, id, user_id, visibility, shown_epoch)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND shown_duration_s > 180 AND shown_distance_m >= 500;
CREATE INDEX rucks_feed_distance ON rucks (shown_distance_m, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND shown_duration_s > 180 AND shown_distance_m >= 500;
CREATE INDEX rucks_feed_duration ON rucks (shown_duration_s, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND shown_duration_s > 180 AND shown_distance_m >= 500;
CREATE INDEX rucks_feed_calories ON rucks (shown_kcal, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND shown_duration_s > 180 AND shown_distance_m >= 500;
CREATE INDEX rucks_feed_climb ON rucks (shown_gain_m, id)
  WHERE visibility = 'public' AND status = 'completed' AND NOT is_manual
    AND shown_duration_s > 180 AND shown_distance_m >= 500;
CREATE INDEX rucks_of_followed ON rucks (user_id, shown_at, id, visibility, shown_epoch)
  WHERE status = 'completed' AND NOT is_manual AND shown_duration_s > 180 AND shown_distance_m >= 500;
-- One user's rucks as others list them; and, behind an epoch, those to be computed again.
CREATE INDEX rucks_shown ON rucks (user_id, shown_at, id);
CREATE INDEX rucks_shown_epoch ON rucks (user_id, shown_epoch, id) WHERE status = 'completed';
