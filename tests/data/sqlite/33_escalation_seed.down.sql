ALTER TABLE alerts DROP COLUMN policy_id;
DELETE FROM policy_steps;
DELETE FROM policies;
