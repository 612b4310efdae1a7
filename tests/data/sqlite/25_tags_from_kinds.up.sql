INSERT INTO tags (name, color) SELECT DISTINCT kind, zeroblob(3) FROM targets ORDER BY kind;
UPDATE tags SET color = x'c04000' WHERE name = 'PING';
INSERT INTO target_tags SELECT t.id, g.id FROM targets t JOIN tags g ON g.name = t.kind;
