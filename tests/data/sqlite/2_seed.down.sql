DELETE FROM users;
DELETE FROM samples;
DELETE FROM targets;
DELETE FROM probes;
DELETE FROM sites;
