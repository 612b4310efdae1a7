INSERT INTO tags (name, color) SELECT kind::text, '\x000000' FROM targets GROUP BY kind ORDER BY kind;
UPDATE tags SET color = decode('c04000', 'hex') WHERE name = 'ping';
UPDATE targets SET labels = ARRAY[kind::text, 'site ' || probe_id % 8];
