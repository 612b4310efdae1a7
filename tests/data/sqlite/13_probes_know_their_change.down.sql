DROP TRIGGER probes_touched;
ALTER TABLE probes DROP COLUMN updated_at;
