ALTER TABLE samples ADD COLUMN hour timestamp GENERATED ALWAYS AS (date_trunc('hour', taken_at AT TIME ZONE 'UTC')) STORED;
CREATE INDEX samples_by_hour ON samples USING brin (hour);
