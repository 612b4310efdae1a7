ALTER TABLE probes ADD COLUMN updated_at timestamptz;
UPDATE probes SET updated_at = '2023-11-14 22:13:20+00';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  NEW.updated_at := now(); -- not clock_timestamp(); one time for a transaction
  RETURN NEW;
END;
$body$;
CREATE TRIGGER probes_touched BEFORE UPDATE OF name, address ON probes
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION touch();
