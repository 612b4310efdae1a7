ALTER TABLE samples ALTER COLUMN taken_at TYPE integer USING extract(epoch FROM taken_at)::integer;
