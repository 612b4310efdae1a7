CREATE INDEX alerts_open ON alerts (severity, opened_at) INCLUDE (target_id) WHERE closed_at IS NULL;
