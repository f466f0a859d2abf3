-- Of several servers: at which Redis each of them meets the others. Two that meet at different ones do not hear each
-- other, and ask the database for revisions instead of their memory (src/cache/agreement.hpp). Times are the database
-- server's.
CREATE TABLE meeting_places (
  instance {{uuid}} PRIMARY KEY,
  place {{bigint}} NOT NULL,
  until_at {{bigint}} NOT NULL
);
