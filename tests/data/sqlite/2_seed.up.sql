WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8)
INSERT INTO sites (id, name) SELECT i, printf('site %02d', i) FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO probes (id, site_id, name, address)
SELECT i, 1 + i % 8, printf('probe-%d', i), printf('10.%d.0.%d', i % 8, i) FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO targets (id, probe_id, host, kind)
SELECT i, 1 + i % 40, printf('192.168.%d.%d', i / 250, i % 250),
  CASE i % 4 WHEN 0 THEN 'ping' WHEN 1 THEN 'http' WHEN 2 THEN 'snmp' ELSE 'dns' END FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO samples (target_id, taken_at, value)
SELECT 1 + i % 200, 1700000000 + i * 60, CASE WHEN i % 97 = 0 THEN NULL ELSE i % 500 * 0.5 END FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO users (id, login, full_name) SELECT i, printf('User%d', i), printf('Operator No. %d', i) FROM n;
