ALTER TABLE samples ALTER COLUMN target_id SET STATISTICS -1;
ALTER TABLE samples RESET (fillfactor);
DROP STATISTICS targets_kinds;
