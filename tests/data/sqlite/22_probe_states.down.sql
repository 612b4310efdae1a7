ALTER TABLE probes DROP COLUMN state;
DROP TABLE probe_states;
