-- ignite: foreign-keys-off
CREATE TABLE accounts_new (
  id INTEGER PRIMARY KEY,
  login TEXT NOT NULL COLLATE NOCASE UNIQUE,
  full_name TEXT,
  email TEXT NOT NULL,
  is_active INTEGER NOT NULL DEFAULT 1
);
INSERT INTO accounts_new (id, login, full_name, email) SELECT id, login, full_name, email FROM accounts;
DROP TABLE accounts;
ALTER TABLE accounts_new RENAME TO accounts;
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));
