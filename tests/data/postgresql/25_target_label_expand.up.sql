-- Expand: the old column and the new one hold the same, whoever writes.
ALTER TABLE targets ADD COLUMN label text;
UPDATE targets SET label = address;
CREATE FUNCTION keep_label() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
  IF NEW.label IS DISTINCT FROM OLD.label THEN NEW.address := NEW.label; ELSE NEW.label := NEW.address; END IF;
  RETURN NEW;
END';
CREATE TRIGGER targets_label BEFORE UPDATE ON targets FOR EACH ROW EXECUTE FUNCTION keep_label();
