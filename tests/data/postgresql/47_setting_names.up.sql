UPDATE settings SET key = 'alerting.' || key WHERE key = 'thresholds';
UPDATE settings SET value = jsonb_set(value, '{hourly}', '730') WHERE key = 'retention';
