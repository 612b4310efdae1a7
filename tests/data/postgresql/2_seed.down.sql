TRUNCATE users, samples, targets, probes, sites RESTART IDENTITY;
