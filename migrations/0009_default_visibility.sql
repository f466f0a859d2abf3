-- Who may see new rucks: public, followers, private.
ALTER TABLE users ADD COLUMN default_visibility TEXT NOT NULL DEFAULT 'public';
UPDATE users SET default_visibility = 'private' WHERE NOT allow_ruck_sharing;
