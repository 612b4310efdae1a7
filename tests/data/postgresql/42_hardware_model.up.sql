ALTER TABLE hardware ADD COLUMN model text NOT NULL DEFAULT 'np-100';
ALTER TABLE hardware ADD COLUMN made date CHECK (made > '2019-12-31');
UPDATE hardware SET made = make_date(2020 + probe_id % 5, 1 + probe_id % 12, 1);
