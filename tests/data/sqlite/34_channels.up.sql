CREATE TABLE channels (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('mail', 'sms', 'webhook')),
  place TEXT NOT NULL,
  secret BLOB,
  weight REAL NOT NULL DEFAULT 1.0
) STRICT;
INSERT INTO channels (account_id, kind, place) SELECT id, 'mail', email FROM accounts;
INSERT INTO channels (account_id, kind, place, secret, weight)
SELECT id, 'webhook', 'https://hooks.example.net/' || id || '?a=1;b=2', CAST('s3cr3t' || id AS BLOB), 0.25
FROM accounts WHERE id % 4 = 0;
