CREATE TRIGGER samples_counted AFTER INSERT ON samples
BEGIN
  INSERT INTO hourly (target_id, hour, count, total)
  VALUES (NEW.target_id, NEW.taken_at / 3600, 1, coalesce(NEW.value, 0))
  ON CONFLICT (target_id, hour) DO UPDATE SET count = count + 1, total = total + excluded.total;
END;
