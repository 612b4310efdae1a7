CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  verb TEXT NOT NULL,
  probe_id INTEGER NOT NULL,
  before TEXT,
  after TEXT
);
CREATE TRIGGER audit_insert AFTER INSERT ON probes BEGIN
  INSERT INTO audit (verb, probe_id, after) VALUES ('insert', NEW.id, json_object('name', NEW.name));
END;
CREATE TRIGGER audit_update AFTER UPDATE ON probes WHEN OLD.name <> NEW.name BEGIN
  INSERT INTO audit (verb, probe_id, before, after)
  VALUES ('update', NEW.id, json_object('name', OLD.name), json_object('name', NEW.name));
END;
CREATE TRIGGER audit_delete AFTER DELETE ON probes BEGIN
  INSERT INTO audit (verb, probe_id, before) VALUES ('delete', OLD.id, json_object('name', OLD.name));
END;
