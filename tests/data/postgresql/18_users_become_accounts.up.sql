ALTER TABLE users RENAME TO accounts;
ALTER SEQUENCE users_id_seq RENAME TO accounts_id_seq;
ALTER INDEX users_pkey RENAME TO accounts_pkey;
ALTER INDEX users_email RENAME TO accounts_email;
ALTER TABLE accounts RENAME CONSTRAINT users_login_key TO accounts_login_key;
