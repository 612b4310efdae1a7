DROP INDEX settings_key;
ALTER TABLE settings ADD CONSTRAINT settings_pkey PRIMARY KEY (key);
ALTER TABLE settings DROP COLUMN site_id;
