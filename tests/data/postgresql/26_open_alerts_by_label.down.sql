DROP VIEW open_alerts;
CREATE VIEW open_alerts AS
  SELECT a.id, a.severity, a.message, t.address, p.name AS probe
  FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
  WHERE a.closed_at IS NULL;
COMMENT ON VIEW open_alerts IS 'What the start page shows';
