-- A new address counts once the link that was mailed to it has been opened.
CREATE TABLE email_changes (
  user_id {{uuid}} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  email TEXT NOT NULL,                   -- the new one, as it was typed
  token_hash {{bytes}} NOT NULL,         -- SHA-256
  expires_at {{bigint}} NOT NULL
) {{table}};
CREATE UNIQUE INDEX email_changes_token ON email_changes (token_hash);

-- Accounts that are being deleted: nobody sees them, and until `final_at` a mailed link undoes it.
CREATE TABLE account_deletions (
  user_id {{uuid}} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  token_hash {{bytes}} NOT NULL,         -- SHA-256
  requested_at {{bigint}} NOT NULL,
  final_at {{bigint}} NOT NULL
) {{table}};
CREATE UNIQUE INDEX account_deletions_token ON account_deletions (token_hash);
CREATE INDEX account_deletions_final ON account_deletions (final_at);
