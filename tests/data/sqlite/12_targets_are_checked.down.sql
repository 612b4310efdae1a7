DROP VIEW open_alerts;
CREATE TABLE targets_old (
  id INTEGER PRIMARY KEY,
  probe_id INTEGER NOT NULL REFERENCES probes (id) ON DELETE CASCADE,
  address TEXT,
  kind TEXT
);
INSERT INTO targets_old SELECT id, probe_id, address, kind FROM targets;
DROP TABLE targets;
ALTER TABLE targets_old RENAME TO targets;
CREATE VIEW open_alerts AS
  SELECT a.id, a.severity, a.message, t.address, p.name AS probe
  FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
  WHERE a.closed_at IS NULL;
