-- Work that waits to be done (src/jobs). A job is written in the transaction of its cause; its row goes when it is
-- done.
CREATE TABLE jobs (
  id {{identity}},
  kind TEXT NOT NULL,
  job_key TEXT,                          -- at most one living job of a kind has it
  payload TEXT NOT NULL,                 -- in the kind's own encoding
  user_id {{uuid}} REFERENCES users (id) ON DELETE CASCADE,
  attempts {{bigint}} NOT NULL,          -- runs that were begun
  run_at {{bigint}},                     -- not before; while it runs, when its lease ends; null: a dead letter
  leased_by TEXT,                        -- the process that runs it
  created_at {{bigint}} NOT NULL,
  dead_at {{bigint}},                    -- since when nobody tries any more
  last_error TEXT
) {{table}};
CREATE INDEX jobs_due ON jobs (kind, run_at, id) WHERE run_at IS NOT NULL;
CREATE UNIQUE INDEX jobs_key ON jobs (kind, job_key) WHERE job_key IS NOT NULL AND dead_at IS NULL;
CREATE INDEX jobs_user ON jobs (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX jobs_leased ON jobs (leased_by) WHERE leased_by IS NOT NULL;
