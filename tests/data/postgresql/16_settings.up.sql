CREATE TABLE settings (
  key text PRIMARY KEY,
  value jsonb NOT NULL
);
INSERT INTO settings VALUES
  ('retention', '{"samples": 90, "alerts": 365}'),
  ('mail', jsonb_build_object('from', 'probe@example.net', 'tls', true)),
  ('thresholds', '[10, 50, 240]');
CREATE INDEX settings_value ON settings USING gin (value jsonb_path_ops);
