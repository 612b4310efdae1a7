-- Seconds become a time; the index is made anew by the server.
ALTER TABLE samples ALTER COLUMN taken_at TYPE timestamptz USING to_timestamp(taken_at);
