CREATE TABLE hardware (
  probe_id integer PRIMARY KEY REFERENCES probes (id) ON DELETE CASCADE,
  serial text NOT NULL UNIQUE
);
INSERT INTO hardware SELECT id, serial FROM probes;
ALTER TABLE probes DROP COLUMN serial;
