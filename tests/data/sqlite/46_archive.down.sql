DROP TRIGGER samples_counted;
INSERT INTO samples (id, target_id, taken_at, milli) SELECT id, target_id, taken_at, milli FROM samples_archive;
DROP TABLE samples_archive;
CREATE TRIGGER samples_counted AFTER INSERT ON samples
BEGIN
  INSERT INTO hourly (target_id, hour, count, total)
  VALUES (NEW.target_id, NEW.taken_at / 3600, 1, coalesce(NEW.milli, 0) / 1000.0)
  ON CONFLICT (target_id, hour) DO UPDATE SET count = count + 1, total = total + excluded.total;
END;
