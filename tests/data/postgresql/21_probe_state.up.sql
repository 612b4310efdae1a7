CREATE TYPE probe_state AS ENUM ('active', 'muted', 'retired');
ALTER TABLE probes ADD COLUMN state probe_state NOT NULL DEFAULT 'active';
UPDATE probes SET state = 'muted' WHERE id % 10 = 0;
