ALTER TABLE alerts ADD COLUMN policy_id integer;
UPDATE alerts SET policy_id = CASE WHEN severity > 3 THEN 2 ELSE 1 END;
ALTER TABLE alerts ADD CONSTRAINT alerts_policy FOREIGN KEY (policy_id) REFERENCES policies (id) NOT VALID;
