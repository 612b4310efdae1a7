-- Contract: what the tags say is said once. The way back adds the column at the end.
ALTER TABLE targets DROP COLUMN interval_s;
