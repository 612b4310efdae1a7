DROP MATERIALIZED VIEW hourly;
ALTER TABLE samples ALTER COLUMN value TYPE double precision;
CREATE MATERIALIZED VIEW hourly AS
  SELECT target_id, hour, count(*) AS count, sum(value) AS total FROM samples GROUP BY target_id, hour;
CREATE UNIQUE INDEX hourly_key ON hourly (target_id, hour);
