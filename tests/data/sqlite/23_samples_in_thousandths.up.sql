-- A type cannot be changed in place: the table is made anew, with what belongs to it.
CREATE TABLE samples_new (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  taken_at INTEGER NOT NULL,
  milli INTEGER,
  hour INTEGER GENERATED ALWAYS AS (taken_at / 3600) VIRTUAL
);
INSERT INTO samples_new (id, target_id, taken_at, milli)
SELECT id, target_id, taken_at, CAST(round(value * 1000) AS INTEGER) FROM samples;
DROP TABLE samples;
ALTER TABLE samples_new RENAME TO samples;
CREATE INDEX samples_by_target ON samples (target_id, taken_at DESC);
CREATE INDEX samples_by_hour ON samples (hour);
CREATE TRIGGER samples_counted AFTER INSERT ON samples
BEGIN
  INSERT INTO hourly (target_id, hour, count, total)
  VALUES (NEW.target_id, NEW.taken_at / 3600, 1, coalesce(NEW.milli, 0) / 1000.0)
  ON CONFLICT (target_id, hour) DO UPDATE SET count = count + 1, total = total + excluded.total;
END;
