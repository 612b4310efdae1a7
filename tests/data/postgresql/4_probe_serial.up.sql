ALTER TABLE probes ADD COLUMN serial text;
UPDATE probes SET serial = 'NP-' || lpad((id * 37)::text, 6, '0');
ALTER TABLE probes ALTER COLUMN serial SET NOT NULL;
CREATE UNIQUE INDEX probes_serial ON probes (serial);
