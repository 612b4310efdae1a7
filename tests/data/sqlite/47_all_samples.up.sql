CREATE VIEW all_samples AS
  SELECT id, target_id, taken_at, milli FROM samples
  UNION ALL SELECT id, target_id, taken_at, milli FROM samples_archive;
CREATE TRIGGER all_samples_insert INSTEAD OF INSERT ON all_samples
BEGIN
  INSERT INTO samples (target_id, taken_at, milli) VALUES (NEW.target_id, NEW.taken_at, NEW.milli);
END;
