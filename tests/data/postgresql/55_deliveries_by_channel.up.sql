DELETE FROM deliveries d WHERE NOT EXISTS (SELECT FROM alerts a WHERE a.id = d.alert_id);
CREATE INDEX deliveries_by_channel ON deliveries (channel_id);
