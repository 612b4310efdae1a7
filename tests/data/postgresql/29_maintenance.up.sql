CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE maintenance (
  id serial PRIMARY KEY,
  site_id integer NOT NULL REFERENCES sites (id),
  during tstzrange NOT NULL,
  reason text,
  CONSTRAINT maintenance_alone EXCLUDE USING gist (site_id WITH =, during WITH &&)
);
INSERT INTO maintenance (site_id, during, reason)
SELECT id, tstzrange(to_timestamp(1700000000 + id * 86400), to_timestamp(1700007200 + id * 86400)),
  'it''s the yearly power test; -- expect alerts' FROM sites;
