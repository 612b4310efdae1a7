DELETE FROM deliveries WHERE alert_id NOT IN (SELECT id FROM alerts);
CREATE INDEX deliveries_by_channel ON deliveries (channel_id);
