DROP VIEW open_alerts;
DROP VIEW site_overview;
ALTER TABLE alerts DROP CONSTRAINT alerts_severity;
ALTER TABLE alerts ALTER COLUMN severity TYPE integer USING severity * 10;
ALTER TABLE alerts ALTER COLUMN severity SET DEFAULT 30;
ALTER TABLE alerts ADD CONSTRAINT alerts_severity CHECK (severity BETWEEN 10 AND 59);
CREATE VIEW open_alerts (id, severity, message, label, probe) WITH (security_barrier) AS
  SELECT a.id, a.severity, a.message, t.label, p.name
  FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
  WHERE a.closed_at IS NULL;
