DELETE FROM user_roles;
DELETE FROM roles;
