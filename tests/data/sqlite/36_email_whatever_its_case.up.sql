CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));
