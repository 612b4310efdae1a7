ALTER TABLE probes ADD COLUMN serial TEXT;
UPDATE probes SET serial = (SELECT serial FROM hardware WHERE probe_id = probes.id);
CREATE UNIQUE INDEX probes_serial ON probes (serial);
DROP TABLE hardware;
