DROP VIEW open_alerts;
CREATE TABLE alerts_old (
  id INTEGER PRIMARY KEY,
  target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  severity INTEGER NOT NULL DEFAULT 3 CHECK (severity BETWEEN 1 AND 5),
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  message TEXT NOT NULL,
  policy_id INTEGER REFERENCES policies (id),
  CHECK (closed_at IS NULL OR closed_at >= opened_at)
);
INSERT INTO alerts_old SELECT id, target_id, severity / 10, opened_at, closed_at, message, policy_id FROM alerts;
DROP TABLE alerts;
ALTER TABLE alerts_old RENAME TO alerts;
CREATE INDEX alerts_by_target ON alerts (target_id);
CREATE INDEX alerts_open ON alerts (severity, opened_at) WHERE closed_at IS NULL;
CREATE TRIGGER alerts_found AFTER INSERT ON alerts BEGIN
  INSERT INTO alert_search (rowid, message) VALUES (NEW.id, NEW.message);
END;
CREATE TRIGGER alerts_lost AFTER DELETE ON alerts BEGIN
  INSERT INTO alert_search (alert_search, rowid, message) VALUES ('delete', OLD.id, OLD.message);
END;
CREATE VIEW open_alerts (id, severity, message, label, probe) AS
  SELECT a.id, a.severity, a.message, t.label, p.name
  FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
  WHERE a.closed_at IS NULL;
CREATE VIEW site_overview AS
  WITH open AS (
    SELECT p.site_id, count(*) AS alerts, min(a.severity) AS worst
    FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
    WHERE a.closed_at IS NULL GROUP BY p.site_id
  )
  SELECT s.name, (SELECT count(*) FROM probes WHERE site_id = s.id) AS probes,
    coalesce(open.alerts, 0) AS alerts, open.worst
  FROM sites s LEFT JOIN open ON open.site_id = s.id;
