DROP FUNCTION ancestors(integer);
ALTER TABLE sites DROP COLUMN parent_id;
