ALTER TABLE settings ADD COLUMN site_id integer REFERENCES sites (id) ON DELETE CASCADE;
ALTER TABLE settings DROP CONSTRAINT settings_pkey;
CREATE UNIQUE INDEX settings_key ON settings (key, coalesce(site_id, 0));
