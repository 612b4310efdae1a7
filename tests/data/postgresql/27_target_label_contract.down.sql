ALTER TABLE targets ADD COLUMN address text;
UPDATE targets SET address = label;
ALTER TABLE targets ALTER COLUMN label DROP NOT NULL;
CREATE FUNCTION keep_label() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
  IF NEW.label IS DISTINCT FROM OLD.label THEN NEW.address := NEW.label; ELSE NEW.label := NEW.address; END IF;
  RETURN NEW;
END';
CREATE TRIGGER targets_label BEFORE UPDATE ON targets FOR EACH ROW EXECUTE FUNCTION keep_label();
