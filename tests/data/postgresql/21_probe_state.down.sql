ALTER TABLE probes DROP COLUMN state;
DROP TYPE probe_state;
