-- Of several servers: who cannot be sure that the others hear of its changes. While a row is here, all of them ask the
-- database for revisions instead of their memory (src/cache/agreement.hpp). Times are the database server's.
CREATE TABLE revision_doubts (
  instance {{uuid}} PRIMARY KEY,
  until_at {{bigint}} NOT NULL
);
