DROP INDEX samples_by_target;
