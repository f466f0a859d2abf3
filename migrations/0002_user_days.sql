-- What a user did on each local day: kept up to date with the rucks, so that statistics never scan
-- them.
CREATE TABLE user_days (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  day {{bigint}} NOT NULL,               -- days since 1970-01-01, in the user's time zone
  rucks {{bigint}} NOT NULL,
  distance_m {{real}} NOT NULL,
  duration_s {{real}} NOT NULL,
  moving_s {{real}} NOT NULL,
  elevation_gain_m {{real}} NOT NULL,
  calories_kcal {{real}} NOT NULL,
  power_points {{real}} NOT NULL,
  load_distance_kg_km {{real}} NOT NULL,
  PRIMARY KEY (user_id, day)
) {{clustered}};
