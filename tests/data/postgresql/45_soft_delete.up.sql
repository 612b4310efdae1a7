ALTER TABLE targets ADD COLUMN deleted_at timestamptz;
CREATE UNIQUE INDEX targets_alive ON targets (probe_id, label) WHERE deleted_at IS NULL;
