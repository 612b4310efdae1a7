ALTER TABLE alerts DROP CONSTRAINT alerts_policy;
ALTER TABLE alerts ADD CONSTRAINT alerts_policy FOREIGN KEY (policy_id) REFERENCES policies (id) NOT VALID;
