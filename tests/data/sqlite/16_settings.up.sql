CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value))
);
INSERT INTO settings VALUES
  ('retention', '{"samples":90,"alerts":365}'),
  ('mail', json_object('from', 'probe@example.net', 'tls', json('true'))),
  ('thresholds', '[10,50,240]');
