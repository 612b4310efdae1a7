CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  channel_id INTEGER NOT NULL REFERENCES channels (id),
  sent_at INTEGER,
  outcome TEXT
);
INSERT INTO deliveries (alert_id, channel_id, sent_at, outcome)
SELECT a.id, c.id, a.opened_at + 5, CASE WHEN a.id % 11 = 0 THEN 'failed' ELSE 'sent' END
FROM alerts a JOIN channels c ON c.account_id = 1 + a.id % 20 AND c.kind = 'mail';
CREATE INDEX deliveries_failed ON deliveries (alert_id) WHERE outcome = 'failed';
