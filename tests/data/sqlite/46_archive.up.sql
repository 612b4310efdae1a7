CREATE TABLE samples_archive (
  id INTEGER PRIMARY KEY,
  target_id INTEGER NOT NULL,
  taken_at INTEGER NOT NULL,
  milli INTEGER
);
INSERT INTO samples_archive SELECT id, target_id, taken_at, milli FROM samples WHERE taken_at < 1700120000;
DELETE FROM samples WHERE taken_at < 1700120000;
