CREATE TABLE accounts_old (
  id INTEGER PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  full_name TEXT,
  email TEXT NOT NULL DEFAULT ''
);
INSERT INTO accounts_old SELECT id, login, full_name, email FROM accounts;
DROP TABLE accounts;
ALTER TABLE accounts_old RENAME TO accounts;
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));
