INSERT INTO policies VALUES (1, 'default'), (2, 'night');
INSERT INTO policy_steps
SELECT p.id, row_number() OVER (PARTITION BY p.id ORDER BY a.id), 300 * p.id, a.id
FROM policies p CROSS JOIN accounts a WHERE a.id <= 4;
ALTER TABLE alerts ADD COLUMN policy_id INTEGER REFERENCES policies (id);
UPDATE alerts SET policy_id = CASE WHEN severity > 3 THEN 2 ELSE 1 END;
