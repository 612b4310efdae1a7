INSERT INTO policies (name) VALUES ('default'), ('night');
INSERT INTO policy_steps
SELECT p.id, row_number() OVER (PARTITION BY p.id ORDER BY a.id), p.id * interval '5 min', a.id
FROM policies p CROSS JOIN accounts a WHERE a.id <= 4;
