DROP TABLE site_ancestors;
ALTER TABLE sites DROP COLUMN parent_id;
