ALTER TABLE alerts DROP COLUMN policy_id;
