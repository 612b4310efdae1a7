INSERT INTO roles (name, description) VALUES
  ('viewer', 'may look'), ('operator', 'may acknowledge; may mute'), ('admin', 'may do everything');
INSERT INTO user_roles (user_id, role) SELECT id, 'viewer' FROM users;
INSERT INTO user_roles (user_id, role) SELECT id, CASE WHEN id % 5 = 0 THEN 'admin' ELSE 'operator' END FROM users;
