CREATE TABLE samples_old (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  taken_at INTEGER NOT NULL,
  value REAL,
  hour INTEGER GENERATED ALWAYS AS (taken_at / 3600) VIRTUAL
);
INSERT INTO samples_old (id, target_id, taken_at, value)
SELECT id, target_id, taken_at, milli / 1000.0 FROM samples;
DROP TABLE samples;
ALTER TABLE samples_old RENAME TO samples;
CREATE INDEX samples_by_target ON samples (target_id, taken_at DESC);
CREATE INDEX samples_by_hour ON samples (hour);
CREATE TRIGGER samples_counted AFTER INSERT ON samples
BEGIN
  INSERT INTO hourly (target_id, hour, count, total)
  VALUES (NEW.target_id, NEW.taken_at / 3600, 1, coalesce(NEW.value, 0))
  ON CONFLICT (target_id, hour) DO UPDATE SET count = count + 1, total = total + excluded.total;
END;
