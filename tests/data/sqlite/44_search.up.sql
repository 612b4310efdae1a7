CREATE VIRTUAL TABLE alert_search USING fts5 (message, content = 'alerts', content_rowid = 'id');
INSERT INTO alert_search (rowid, message) SELECT id, message FROM alerts;
CREATE TRIGGER alerts_found AFTER INSERT ON alerts BEGIN
  INSERT INTO alert_search (rowid, message) VALUES (NEW.id, NEW.message);
END;
CREATE TRIGGER alerts_lost AFTER DELETE ON alerts BEGIN
  INSERT INTO alert_search (alert_search, rowid, message) VALUES ('delete', OLD.id, OLD.message);
END;
