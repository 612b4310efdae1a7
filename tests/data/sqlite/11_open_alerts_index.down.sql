DROP INDEX alerts_open;
