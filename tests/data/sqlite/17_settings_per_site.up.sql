ALTER TABLE settings ADD COLUMN site_id INTEGER REFERENCES sites (id);
CREATE INDEX settings_by_site ON settings (site_id);
