DROP TRIGGER announced ON alerts;
DROP FUNCTION announce();
