CREATE TRIGGER maintenance_alone BEFORE INSERT ON maintenance
WHEN EXISTS (
  SELECT 1 FROM maintenance m
  WHERE m.site_id = NEW.site_id AND m.begins_at < NEW.ends_at AND NEW.begins_at < m.ends_at
)
BEGIN
  SELECT RAISE(ABORT, 'two windows of one site overlap');
END;
