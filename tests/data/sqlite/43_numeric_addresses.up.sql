ALTER TABLE probes ADD COLUMN subnet INTEGER
  GENERATED ALWAYS AS (CAST(substr(address, 4, instr(substr(address, 4), '.') - 1) AS INTEGER)) VIRTUAL;
CREATE INDEX probes_by_subnet ON probes (subnet, name);
