ALTER TABLE targets DROP COLUMN schedule_id;
DROP TABLE schedules;
