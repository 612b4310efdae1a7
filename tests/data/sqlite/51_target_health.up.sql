CREATE TABLE target_health AS
  SELECT target_id, count(*) AS alerts, max(opened_at) AS last_alert FROM alerts GROUP BY target_id;
CREATE UNIQUE INDEX target_health_key ON target_health (target_id);
