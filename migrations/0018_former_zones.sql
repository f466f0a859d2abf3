-- Zones as they were before a change: what they hid stays hidden for a while. A zone that is made smaller,
-- moved a little, or deleted and made again would otherwise show for a moment what it hid before.
CREATE TABLE former_zones (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  id {{uuid}} NOT NULL,
  lat {{real}} NOT NULL,
  lng {{real}} NOT NULL,
  radius_m {{real}} NOT NULL,
  until {{bigint}} NOT NULL,
  PRIMARY KEY (user_id, id)
) {{clustered}};
CREATE INDEX former_zones_until ON former_zones (until);
