CREATE STATISTICS targets_kinds (dependencies) ON probe_id, kind FROM targets;
ALTER TABLE samples SET (fillfactor = 90);
ALTER TABLE samples ALTER COLUMN target_id SET STATISTICS 500;
