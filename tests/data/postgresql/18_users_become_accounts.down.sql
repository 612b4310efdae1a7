ALTER TABLE accounts RENAME CONSTRAINT accounts_login_key TO users_login_key;
ALTER INDEX accounts_email RENAME TO users_email;
ALTER INDEX accounts_pkey RENAME TO users_pkey;
ALTER SEQUENCE accounts_id_seq RENAME TO users_id_seq;
ALTER TABLE accounts RENAME TO users;
