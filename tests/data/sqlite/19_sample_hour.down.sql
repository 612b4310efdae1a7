DROP INDEX samples_by_hour;
ALTER TABLE samples DROP COLUMN hour;
