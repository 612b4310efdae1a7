CREATE TABLE alerts (
  id INTEGER PRIMARY KEY,
  target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  severity INTEGER NOT NULL DEFAULT 3 CHECK (severity BETWEEN 1 AND 5),
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  message TEXT NOT NULL,
  CHECK (closed_at IS NULL OR closed_at >= opened_at)
);
CREATE INDEX alerts_by_target ON alerts (target_id);
