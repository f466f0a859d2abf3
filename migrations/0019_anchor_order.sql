-- In which order an owner's anchors came to be. The earliest near a place counts, so that a later one
-- does not move a circle that has been drawn.
ALTER TABLE privacy_anchors ADD COLUMN number {{bigint}} NOT NULL DEFAULT 0;
