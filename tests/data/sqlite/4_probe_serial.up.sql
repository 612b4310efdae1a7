ALTER TABLE probes ADD COLUMN serial TEXT;
UPDATE probes SET serial = printf('NP-%06d', id * 37);
