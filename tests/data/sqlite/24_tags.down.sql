DROP TABLE target_tags;
DROP TABLE tags;
