DROP TABLE maintenance;
DROP EXTENSION btree_gist;
