DROP INDEX targets_alive;
ALTER TABLE targets DROP COLUMN deleted_at;
