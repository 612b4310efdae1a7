CREATE TABLE tags (id serial PRIMARY KEY, name text NOT NULL, color bytea);
CREATE UNIQUE INDEX tags_name ON tags (lower(name));
ALTER TABLE targets ADD COLUMN labels text[] NOT NULL DEFAULT '{}';
CREATE INDEX targets_labels ON targets USING gin (labels);
