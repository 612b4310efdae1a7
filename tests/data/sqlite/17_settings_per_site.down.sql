DROP INDEX settings_by_site;
ALTER TABLE settings DROP COLUMN site_id;
