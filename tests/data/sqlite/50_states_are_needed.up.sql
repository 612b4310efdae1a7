CREATE TRIGGER probes_have_a_state BEFORE INSERT ON probes WHEN NEW.state IS NULL
BEGIN
  SELECT RAISE(ABORT, 'a probe has a state');
END;
CREATE TRIGGER probes_keep_a_state BEFORE UPDATE OF state ON probes WHEN NEW.state IS NULL
BEGIN
  SELECT RAISE(ABORT, 'a probe has a state');
END;
