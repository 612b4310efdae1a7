DROP TRIGGER maintenance_alone;
