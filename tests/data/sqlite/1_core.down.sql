DROP TABLE users;
DROP TABLE samples;
DROP TABLE targets;
DROP TABLE probes;
DROP TABLE sites;
