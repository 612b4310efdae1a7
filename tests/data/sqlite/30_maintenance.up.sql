CREATE TABLE maintenance (
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL REFERENCES sites (id),
  begins_at TEXT NOT NULL DEFAULT (datetime('now')),
  ends_at TEXT NOT NULL,
  reason TEXT,
  CHECK (begins_at < ends_at)
);
INSERT INTO maintenance (site_id, begins_at, ends_at, reason)
SELECT id, datetime(1700000000 + id * 86400, 'unixepoch'), datetime(1700007200 + id * 86400, 'unixepoch'),
  'it''s the yearly power test; -- expect alerts' FROM sites;
