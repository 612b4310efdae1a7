INSERT INTO alerts (target_id, severity, opened_at, closed_at, message)
SELECT target_id, 1 + id % 5, to_timestamp(taken_at), CASE WHEN id % 3 <> 0 THEN to_timestamp(taken_at + 600) END,
  'latency of ' || value || ' ms; threshold is 240'
FROM samples WHERE value > 240 ORDER BY id;
