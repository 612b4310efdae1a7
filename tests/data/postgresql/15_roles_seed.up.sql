INSERT INTO roles VALUES
  ('viewer', 'may look'), ('operator', 'may acknowledge; may mute'), ('admin', 'may do everything');
INSERT INTO user_roles SELECT id, 'viewer' FROM users;
INSERT INTO user_roles SELECT id, CASE WHEN id % 5 = 0 THEN 'admin' ELSE 'operator' END FROM users;
SET CONSTRAINTS ALL IMMEDIATE;
