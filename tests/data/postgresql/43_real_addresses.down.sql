DROP TRIGGER probes_touched ON probes;
DROP INDEX probes_by_network;
ALTER TABLE probes ALTER COLUMN address TYPE text USING host(address);
CREATE TRIGGER probes_touched BEFORE UPDATE OF name, address ON probes
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION touch();
