-- What the label says is said once. The way back fills the column again, at the end of the table.
DROP TRIGGER targets_label ON targets;
DROP FUNCTION keep_label();
ALTER TABLE targets ALTER COLUMN label SET NOT NULL;
ALTER TABLE targets DROP COLUMN address;
