-- Batches of rucks under way, in the order in which they came: rows of one transaction lie side by side on few
-- pages. They are merged into ruck_progress and track_chunks later, and deleted from the front. A batch belongs
-- to its ruck while `expected_version` is the version that the ruck's row, or the batch before it, has.
-- No foreign key and no index by ruck: each would touch a page of its own for every batch.
CREATE TABLE recent_batches (
  id {{bigint}} PRIMARY KEY,
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  expected_version {{bigint}} NOT NULL,
  version {{bigint}} NOT NULL,
  points {{bytes}} NOT NULL,             -- one block of track points, or none
  heart_rate {{bytes}} NOT NULL,         -- the same of heart-rate samples
  point_count {{bigint}} NOT NULL,
  heart_rate_count {{bigint}} NOT NULL,
  arrived_at {{bigint}} NOT NULL
) {{table}};
