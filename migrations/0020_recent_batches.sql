-- Batches of rucks under way that are not merged into ruck_progress and track_chunks yet. A batch belongs to its
-- ruck while `expected_version` is the version that the ruck's row, or the batch before it, has.
{{sqlite}}
-- In the order in which they came: rows of one transaction lie side by side on few pages, and are deleted from
-- the front. No foreign key and no index by ruck: each would touch a page of its own for every batch.
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
{{end}}
{{postgresql}}
-- Several processes append: the key says who comes next after a version. A version holds the time at which it was
-- made, so that the batches of a few minutes make a partition, which is dropped. The server makes and drops them.
CREATE TABLE recent_batches (
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  expected_version {{bigint}} NOT NULL,
  version {{bigint}} NOT NULL,
  points {{bytes}} NOT NULL,
  heart_rate {{bytes}} NOT NULL,
  point_count {{bigint}} NOT NULL,
  heart_rate_count {{bigint}} NOT NULL,
  arrived_at {{bigint}} NOT NULL,        -- 0: no batch; the ruck's row was written with `version` instead
  PRIMARY KEY (user_id, ruck_id, expected_version)
) PARTITION BY RANGE (expected_version);
{{end}}
