ALTER TABLE targets ADD COLUMN deleted_at INTEGER;
CREATE UNIQUE INDEX targets_alive ON targets (probe_id, address) WHERE deleted_at IS NULL;
