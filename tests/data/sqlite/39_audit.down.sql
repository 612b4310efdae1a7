DROP TRIGGER audit_delete;
DROP TRIGGER audit_update;
DROP TRIGGER audit_insert;
DROP TABLE audit;
