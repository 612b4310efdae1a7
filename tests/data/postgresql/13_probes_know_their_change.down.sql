DROP TRIGGER probes_touched ON probes;
DROP FUNCTION touch();
ALTER TABLE probes DROP COLUMN updated_at;
