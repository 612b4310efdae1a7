INSERT INTO samples (id, target_id, taken_at, value) SELECT id, target_id, taken_at, value FROM samples_archive;
DROP TABLE samples_archive;
