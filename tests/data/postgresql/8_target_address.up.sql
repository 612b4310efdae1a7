ALTER TABLE targets RENAME COLUMN host TO address;
