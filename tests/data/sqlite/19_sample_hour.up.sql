ALTER TABLE samples ADD COLUMN hour INTEGER GENERATED ALWAYS AS (taken_at / 3600) VIRTUAL;
CREATE INDEX samples_by_hour ON samples (hour);
