ALTER TABLE sites ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_sites ON sites FOR SELECT USING (name = current_setting('probe.site', true));
GRANT SELECT ON sites TO PUBLIC;
