-- Until now every host was asked on the port of SNMP.
ALTER TABLE hosts ADD COLUMN port INTEGER NOT NULL DEFAULT 161;
