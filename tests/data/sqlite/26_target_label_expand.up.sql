-- Expand: the old column and the new one hold the same, whoever writes.
ALTER TABLE targets ADD COLUMN label TEXT;
UPDATE targets SET label = address;
CREATE TRIGGER targets_label_follows AFTER UPDATE OF address ON targets WHEN NEW.address IS NOT NEW.label
BEGIN
  UPDATE targets SET label = NEW.address WHERE id = NEW.id;
END;
CREATE TRIGGER targets_address_follows AFTER UPDATE OF label ON targets WHEN NEW.address IS NOT NEW.label
BEGIN
  UPDATE targets SET address = NEW.label WHERE id = NEW.id;
END;
