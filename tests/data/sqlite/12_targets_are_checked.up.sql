-- ignite: foreign-keys-off
-- The twelve steps of SQLite's manual: samples and alerts refer to the table.
DROP VIEW open_alerts;
CREATE TABLE targets_new (
  id INTEGER PRIMARY KEY,
  probe_id INTEGER NOT NULL REFERENCES probes (id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT 'ping' CHECK (kind IN ('ping', 'http', 'snmp', 'dns')),
  interval_s INTEGER NOT NULL DEFAULT 60 CHECK (interval_s > 0)
);
INSERT INTO targets_new (id, probe_id, address, kind) SELECT id, probe_id, address, kind FROM targets;
DROP TABLE targets;
ALTER TABLE targets_new RENAME TO targets;
CREATE VIEW open_alerts AS
  SELECT a.id, a.severity, a.message, t.address, p.name AS probe
  FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
  WHERE a.closed_at IS NULL;
