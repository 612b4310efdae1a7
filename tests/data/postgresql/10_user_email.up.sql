ALTER TABLE users ADD COLUMN email text NOT NULL DEFAULT '';
UPDATE users SET email = lower(login) || '@example.net';
ALTER TABLE users ALTER COLUMN email DROP DEFAULT;
CREATE UNIQUE INDEX users_email ON users (lower(email));
