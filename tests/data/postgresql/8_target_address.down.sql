ALTER TABLE targets RENAME COLUMN address TO host;
