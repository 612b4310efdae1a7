CREATE TABLE schedules (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  every_s INTEGER NOT NULL CHECK (every_s >= 5),
  first_day INTEGER NOT NULL DEFAULT 1 CHECK (first_day BETWEEN 1 AND 7),
  last_day INTEGER NOT NULL DEFAULT 7 CHECK (last_day BETWEEN first_day AND 7)
);
INSERT INTO schedules (id, name, every_s, last_day) VALUES (1, 'always', 60, 7), (2, 'office hours', 300, 5);
ALTER TABLE targets ADD COLUMN schedule_id INTEGER REFERENCES schedules (id) ON DELETE SET NULL;
UPDATE targets SET schedule_id = 1 + id % 2;
