CREATE TABLE sites (
  id serial PRIMARY KEY,
  name text NOT NULL UNIQUE
);
CREATE TABLE probes (
  id serial PRIMARY KEY,
  site_id integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
  name varchar(40) NOT NULL,
  address text NOT NULL,
  CONSTRAINT probes_name_key UNIQUE (site_id, name)
);
CREATE TABLE targets (
  id serial PRIMARY KEY,
  probe_id integer NOT NULL REFERENCES probes (id) ON DELETE CASCADE,
  host text,
  kind text
);
CREATE TABLE samples (
  id bigserial PRIMARY KEY,
  target_id integer NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  taken_at integer NOT NULL,
  value double precision
);
CREATE TABLE users (
  id serial PRIMARY KEY,
  login text NOT NULL UNIQUE,
  full_name text
);
