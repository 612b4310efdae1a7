DROP TRIGGER targets_label ON targets;
DROP FUNCTION keep_label();
ALTER TABLE targets DROP COLUMN label;
