-- The key by which this server says to browsers' push services who it is (VAPID). Made once: with another one every
-- subscription is lost.
CREATE TABLE push_keys (
  id {{bigint}} PRIMARY KEY,             -- 1: there is one
  vapid_key {{bytes}} NOT NULL,          -- P-256, private
  created_at {{bigint}} NOT NULL
) {{table}};
