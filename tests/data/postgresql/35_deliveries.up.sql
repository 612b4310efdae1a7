CREATE TABLE deliveries (
  id bigserial,
  alert_id integer NOT NULL REFERENCES alerts (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  channel_id bigint NOT NULL REFERENCES channels (id),
  sent_at timestamptz NOT NULL,
  outcome text
) PARTITION BY RANGE (sent_at);
CREATE TABLE deliveries_2023 PARTITION OF deliveries FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2024-01-01 00:00+00');
CREATE TABLE deliveries_rest PARTITION OF deliveries DEFAULT;
INSERT INTO deliveries (alert_id, channel_id, sent_at, outcome)
SELECT a.id, c.id, a.opened_at + interval '5 s', CASE WHEN a.id % 11 = 0 THEN 'failed' ELSE 'sent' END
FROM alerts a JOIN channels c ON c.account_id = 1 + a.id % 20 AND c.kind = 'mail' ORDER BY a.id;
SET CONSTRAINTS ALL IMMEDIATE;
CREATE INDEX deliveries_failed ON deliveries (alert_id) WHERE outcome = 'failed';
