-- A mail about one's week, for those who have chosen it. `digest_week` is the Monday of the next one, which tells of
-- the week before; it goes on by whole weeks, so each is sent once. Null: not wanted.
ALTER TABLE notification_settings ADD COLUMN digest_week {{bigint}};  -- days since 1970-01-01
ALTER TABLE notification_settings ADD COLUMN digest_at {{bigint}};    -- when, on the clock of the user's zone
CREATE INDEX notification_settings_digest ON notification_settings (digest_at) WHERE digest_at IS NOT NULL;
