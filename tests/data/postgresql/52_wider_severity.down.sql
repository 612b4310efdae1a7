DROP VIEW open_alerts;
ALTER TABLE alerts DROP CONSTRAINT alerts_severity;
ALTER TABLE alerts ALTER COLUMN severity SET DEFAULT 3;
ALTER TABLE alerts ALTER COLUMN severity TYPE smallint USING severity / 10;
ALTER TABLE alerts ADD CONSTRAINT alerts_severity CHECK (severity BETWEEN 1 AND 5);
CREATE VIEW open_alerts (id, severity, message, label, probe) WITH (security_barrier) AS
  SELECT a.id, a.severity, a.message, t.label, p.name
  FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
  WHERE a.closed_at IS NULL;
CREATE VIEW site_overview AS
  WITH open AS (
    SELECT p.site_id, count(*) AS alerts, min(a.severity) AS worst
    FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
    WHERE a.closed_at IS NULL AND p.state <> 'muted' GROUP BY p.site_id
  )
  SELECT s.name, (SELECT count(*) FROM probes WHERE site_id = s.id) AS probes,
    coalesce(open.alerts, 0) AS alerts, open.worst
  FROM sites s LEFT JOIN open ON open.site_id = s.id;
