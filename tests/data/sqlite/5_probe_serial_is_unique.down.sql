DROP INDEX probes_serial;
