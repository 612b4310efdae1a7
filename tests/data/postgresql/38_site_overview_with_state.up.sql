CREATE OR REPLACE VIEW site_overview AS
  WITH open AS (
    SELECT p.site_id, count(*) AS alerts, min(a.severity) AS worst
    FROM alerts a JOIN targets t ON t.id = a.target_id JOIN probes p ON p.id = t.probe_id
    WHERE a.closed_at IS NULL AND p.state <> 'muted' GROUP BY p.site_id
  )
  SELECT s.name, (SELECT count(*) FROM probes WHERE site_id = s.id) AS probes,
    coalesce(open.alerts, 0) AS alerts, open.worst
  FROM sites s LEFT JOIN open ON open.site_id = s.id;
