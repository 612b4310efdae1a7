DELETE FROM target_tags;
DELETE FROM tags;
