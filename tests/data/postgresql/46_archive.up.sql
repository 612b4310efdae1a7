CREATE TABLE samples_archive (LIKE samples INCLUDING CONSTRAINTS);
WITH moved AS (
  DELETE FROM samples WHERE taken_at < to_timestamp(1700120000) RETURNING id, target_id, taken_at, value
)
INSERT INTO samples_archive (id, target_id, taken_at, value) SELECT * FROM moved;
