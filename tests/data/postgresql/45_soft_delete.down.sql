ALTER TABLE targets DROP COLUMN deleted_at;
