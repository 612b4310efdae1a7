CREATE TABLE policies (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE policy_steps (
  policy_id integer NOT NULL REFERENCES policies ON DELETE CASCADE,
  position smallint NOT NULL,
  wait interval NOT NULL,
  account_id integer REFERENCES accounts ON DELETE SET NULL,
  PRIMARY KEY (policy_id, position)
);
