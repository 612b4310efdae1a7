CREATE TABLE hardware (
  probe_id INTEGER PRIMARY KEY REFERENCES probes (id) ON DELETE CASCADE,
  serial TEXT NOT NULL UNIQUE
);
INSERT INTO hardware SELECT id, serial FROM probes;
DROP INDEX probes_serial;
ALTER TABLE probes DROP COLUMN serial;
