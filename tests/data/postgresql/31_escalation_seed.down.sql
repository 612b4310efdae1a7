TRUNCATE policies, policy_steps RESTART IDENTITY;
