CREATE INDEX alerts_open ON alerts (severity, opened_at) WHERE closed_at IS NULL;
