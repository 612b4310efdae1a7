CREATE UNIQUE INDEX probes_serial ON probes (serial);
