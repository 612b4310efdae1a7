INSERT INTO sites (name) SELECT format('site %s', lpad(i::text, 2, '0')) FROM generate_series(1, 8) i;
INSERT INTO probes (site_id, name, address)
SELECT 1 + i % 8, 'probe-' || i, format('10.%s.0.%s', i % 8, i) FROM generate_series(1, 40) i;
INSERT INTO targets (probe_id, host, kind)
SELECT 1 + i % 40, format('192.168.%s.%s', i / 250, i % 250), (ARRAY['ping', 'http', 'snmp', 'dns'])[1 + i % 4]
FROM generate_series(1, 200) i;
INSERT INTO samples (target_id, taken_at, value)
SELECT 1 + i % 200, 1700000000 + i * 60, CASE WHEN i % 97 <> 0 THEN i % 500 * 0.5 END FROM generate_series(1, 4000) i;
INSERT INTO users (login, full_name) SELECT 'User' || i, 'Operator No. ' || i FROM generate_series(1, 20) i;
