DROP TRIGGER probes_keep_a_state;
DROP TRIGGER probes_have_a_state;
