CREATE TABLE hourly (
  target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  hour INTEGER NOT NULL,
  count INTEGER NOT NULL,
  total REAL NOT NULL,
  PRIMARY KEY (target_id, hour)
) WITHOUT ROWID;
INSERT INTO hourly SELECT target_id, hour, count(*), total(value) FROM samples GROUP BY target_id, hour;
