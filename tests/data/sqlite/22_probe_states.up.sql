CREATE TABLE probe_states (name TEXT PRIMARY KEY, may_alert INTEGER NOT NULL DEFAULT 1);
INSERT INTO probe_states VALUES ('active', 1), ('muted', 0), ('retired', 0);
ALTER TABLE probes ADD COLUMN state TEXT REFERENCES probe_states (name);
UPDATE probes SET state = CASE WHEN id % 10 = 0 THEN 'muted' ELSE 'active' END;
