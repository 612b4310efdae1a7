DROP VIEW open_alerts;
CREATE VIEW open_alerts (id, severity, message, label, probe) WITH (security_barrier) AS
  SELECT a.id, a.severity, a.message, t.label, p.name
  FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
  WHERE a.closed_at IS NULL;
