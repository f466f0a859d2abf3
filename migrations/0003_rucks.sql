-- Rucks, their tracks and what is computed from them. Points are never rows: they are kept in blocks,
-- exactly as they were accepted, and everything else can be computed again from them.

CREATE TABLE rucks (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id {{bigint}} NOT NULL,
  status TEXT NOT NULL,                  -- created, in_progress, paused, completed, cancelled
  client_key TEXT,                       -- offline_<ms>: the name a phone gave it without a network
  import_key TEXT,                       -- of a file that was imported: the same file is the same ruck
  is_manual {{boolean}} NOT NULL,
  is_public {{boolean}} NOT NULL,
  allow_live_following {{boolean}} NOT NULL,
  title TEXT,
  notes TEXT,
  tags TEXT,                             -- a JSON list
  rating {{bigint}},
  perceived_exertion {{bigint}},
  planned_duration_minutes {{bigint}},
  event_id TEXT,
  route_id TEXT,
  planned_ruck_id TEXT,
  ruck_weight_kg {{real}} NOT NULL,      -- carried load at the start
  body TEXT NOT NULL,                    -- JSON: the body the formulas used, as it was at the time
  altitude_source TEXT NOT NULL,         -- gps, barometer, terrain
  created_at {{bigint}} NOT NULL,
  updated_at {{bigint}} NOT NULL,
  started_at {{bigint}},
  completed_at {{bigint}},
  last_arrival_at {{bigint}} NOT NULL,   -- when data last came in, whatever its own times are
  listed_at {{bigint}} NOT NULL,         -- completed_at, or 0: the order of lists, without NULLs
  local_day {{bigint}},                  -- of the start, in the user's zone; set once completed
  clock_offset_min {{bigint}},           -- of the phone's local time from UTC, once it is known
  trim_end_ms {{bigint}},                -- the owner's cut: what is later is kept but does not count
  client TEXT NOT NULL,                  -- JSON: the totals the phone claimed
  distance_m {{real}} NOT NULL,
  distance_source TEXT NOT NULL,         -- points, points_with_gaps, client, none
  duration_s {{real}} NOT NULL,
  moving_s {{real}} NOT NULL,
  paused_s {{real}} NOT NULL,
  elevation_gain_m {{real}} NOT NULL,
  elevation_loss_m {{real}} NOT NULL,
  calories_kcal {{real}} NOT NULL,
  avg_heart_rate {{real}},
  min_heart_rate {{bigint}},
  max_heart_rate {{bigint}},
  hr_zone_snapshot TEXT,                 -- JSON
  time_in_zones TEXT,                    -- JSON
  power_points {{real}} NOT NULL,
  load_distance_kg_km {{real}} NOT NULL,
  training_load {{real}} NOT NULL,       -- TRIMP
  steps {{bigint}} NOT NULL,
  point_count {{bigint}} NOT NULL,
  has_photos {{boolean}} NOT NULL,
  PRIMARY KEY (user_id, id)
) {{table}};
CREATE INDEX rucks_listed ON rucks (user_id, listed_at, id);
CREATE INDEX rucks_day ON rucks (user_id, local_day);
CREATE UNIQUE INDEX rucks_client_key ON rucks (user_id, client_key);
CREATE UNIQUE INDEX rucks_import_key ON rucks (user_id, import_key);
-- One active ruck a user. A ruck that a phone began offline is uploaded afterwards and may overlap.
CREATE UNIQUE INDEX rucks_one_active ON rucks (user_id)
  WHERE status IN ('created', 'in_progress', 'paused') AND client_key IS NULL;

-- Whose ruck an id is, for addresses that hold nothing but the id.
CREATE TABLE ruck_owners (
  ruck_id {{bigint}} PRIMARY KEY,
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE
) {{table}};
CREATE INDEX ruck_owners_user ON ruck_owners (user_id);

-- What changes with every batch of points: one narrow row a ruck. `version` is another one after each change
-- of the track; a writer that saw an older one must look again. `tail` holds the newest blocks until
-- there are enough of them for a row of their own.
CREATE TABLE ruck_progress (
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  version {{bigint}} NOT NULL,
  state {{bytes}} NOT NULL,              -- of the engine, after everything stored so far
  tail {{bytes}} NOT NULL,
  heart_rate_tail {{bytes}} NOT NULL,
  point_count {{bigint}} NOT NULL,
  heart_rate_count {{bigint}} NOT NULL,
  last_arrival_at {{bigint}} NOT NULL,
  PRIMARY KEY (user_id, ruck_id),
  FOREIGN KEY (user_id, ruck_id) REFERENCES rucks (user_id, id) ON DELETE CASCADE
) {{table}};

CREATE TABLE track_chunks (
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  first_ms {{bigint}} NOT NULL,          -- the earliest fix in it
  points {{bigint}} NOT NULL,
  packing TEXT NOT NULL,                 -- blocks, zstd
  data {{bytes}} NOT NULL,
  PRIMARY KEY (user_id, ruck_id, first_ms),
  FOREIGN KEY (user_id, ruck_id) REFERENCES rucks (user_id, id) ON DELETE CASCADE
) {{table}};

CREATE TABLE heart_rate_chunks (
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  first_ms {{bigint}} NOT NULL,
  samples {{bigint}} NOT NULL,
  packing TEXT NOT NULL,
  data {{bytes}} NOT NULL,
  PRIMARY KEY (user_id, ruck_id, first_ms),
  FOREIGN KEY (user_id, ruck_id) REFERENCES rucks (user_id, id) ON DELETE CASCADE
) {{table}};

-- Pauses and changes of the load: part of the recording like the points.
CREATE TABLE ruck_events (
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  at_ms {{bigint}} NOT NULL,
  kind TEXT NOT NULL,                    -- pause, resume, load
  load_kg {{real}},
  PRIMARY KEY (user_id, ruck_id, at_ms, kind),
  FOREIGN KEY (user_id, ruck_id) REFERENCES rucks (user_id, id) ON DELETE CASCADE
) {{clustered}};

CREATE TABLE splits (
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  unit TEXT NOT NULL,                    -- km, mi
  number {{bigint}} NOT NULL,
  distance_m {{real}} NOT NULL,
  duration_s {{real}} NOT NULL,
  moving_s {{real}} NOT NULL,
  total_distance_m {{real}} NOT NULL,
  total_duration_s {{real}} NOT NULL,
  elevation_gain_m {{real}} NOT NULL,
  elevation_loss_m {{real}} NOT NULL,
  calories_kcal {{real}} NOT NULL,
  avg_heart_rate {{real}},
  ended_at_ms {{bigint}} NOT NULL,
  lat {{real}},
  lng {{real}},
  PRIMARY KEY (user_id, ruck_id, unit, number),
  FOREIGN KEY (user_id, ruck_id) REFERENCES rucks (user_id, id) ON DELETE CASCADE
) {{clustered}};

-- The line a map draws, so that no list and no statistic touches points.
CREATE TABLE ruck_lines (
  user_id {{uuid}} NOT NULL,
  ruck_id {{bigint}} NOT NULL,
  line {{bytes}} NOT NULL,               -- blocks of the kept points, as in track_chunks
  PRIMARY KEY (user_id, ruck_id),
  FOREIGN KEY (user_id, ruck_id) REFERENCES rucks (user_id, id) ON DELETE CASCADE
) {{table}};
