DROP TRIGGER targets_address_follows;
DROP TRIGGER targets_label_follows;
ALTER TABLE targets DROP COLUMN label;
