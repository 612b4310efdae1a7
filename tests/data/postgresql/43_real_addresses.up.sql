DROP TRIGGER probes_touched ON probes;
ALTER TABLE probes ALTER COLUMN address TYPE inet USING address::inet;
CREATE INDEX probes_by_network ON probes USING gist (address inet_ops);
CREATE TRIGGER probes_touched BEFORE UPDATE OF name, address ON probes
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION touch();
