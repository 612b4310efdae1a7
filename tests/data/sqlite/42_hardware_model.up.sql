ALTER TABLE hardware ADD COLUMN model TEXT NOT NULL DEFAULT 'np-100';
ALTER TABLE hardware ADD COLUMN made TEXT CHECK (made IS NULL OR made GLOB '20[0-9][0-9]-[0-9][0-9]');
UPDATE hardware SET made = printf('20%02d-%02d', 20 + probe_id % 5, 1 + probe_id % 12);
