-- Devices that have signed in to an account: a guessing stranger does not lock them out.
CREATE TABLE known_devices (
  user_id {{uuid}} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  mark {{bytes}} NOT NULL,               -- SHA-256 of the device's cookie, or of network and program
  last_used_at {{bigint}} NOT NULL,
  PRIMARY KEY (user_id, mark)
) {{table}};
