DROP TYPE alert_count;
DROP AGGREGATE worst(smallint);
DROP FUNCTION worse(smallint, smallint);
