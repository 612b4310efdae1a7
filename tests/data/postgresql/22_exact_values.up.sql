DROP MATERIALIZED VIEW hourly;
ALTER TABLE samples ALTER COLUMN value TYPE numeric(12, 3) USING value::numeric;
CREATE MATERIALIZED VIEW hourly AS
  SELECT target_id, hour, count(*) AS count, sum(value) AS total FROM samples GROUP BY target_id, hour;
CREATE UNIQUE INDEX hourly_key ON hourly (target_id, hour);
