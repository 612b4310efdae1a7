CREATE DOMAIN weekday AS smallint CHECK (VALUE BETWEEN 1 AND 7);
CREATE TABLE schedules (
  id serial PRIMARY KEY,
  name text NOT NULL UNIQUE,
  every interval NOT NULL CHECK (every >= '5 s'),
  first_day weekday NOT NULL DEFAULT 1,
  last_day weekday NOT NULL DEFAULT 7,
  CHECK (first_day <= last_day)
);
INSERT INTO schedules (name, every, last_day) VALUES ('always', '1 min', 7), ('office hours', '5 min', 5);
ALTER TABLE targets ADD COLUMN schedule_id integer CONSTRAINT targets_schedule REFERENCES schedules (id) ON DELETE SET NULL;
UPDATE targets SET schedule_id = 1 + id % 2;
