ALTER TABLE probes ADD COLUMN updated_at INTEGER;
UPDATE probes SET updated_at = 1700000000;
CREATE TRIGGER probes_touched AFTER UPDATE OF name, address ON probes
BEGIN
  UPDATE probes SET updated_at = strftime('%s', 'now') WHERE id = NEW.id;
END;
