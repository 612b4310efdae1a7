DROP INDEX probes_by_subnet;
ALTER TABLE probes DROP COLUMN subnet;
