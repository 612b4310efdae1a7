DROP TABLE policy_steps;
DROP TABLE policies;
