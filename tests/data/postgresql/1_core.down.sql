DROP TABLE users, samples, targets, probes, sites;
