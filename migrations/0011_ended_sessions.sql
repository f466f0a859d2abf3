-- Sign-ins that were ended lately are read when a server starts: their access tokens are refused.
CREATE INDEX login_sessions_revoked ON login_sessions (revoked_at) WHERE revoked_at IS NOT NULL;
