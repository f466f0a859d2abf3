-- An avatar is a file of this server. There were none yet: every address is somebody else's, which
-- would tell its host who looks at it.
UPDATE users SET avatar_url = NULL, revision = revision + 1 WHERE avatar_url IS NOT NULL;
