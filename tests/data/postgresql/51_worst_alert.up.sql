CREATE FUNCTION worse(smallint, smallint) RETURNS smallint LANGUAGE sql IMMUTABLE AS 'SELECT least($1, $2)';
CREATE AGGREGATE worst(smallint) (sfunc = worse, stype = smallint);
CREATE TYPE alert_count AS (severity smallint, alerts bigint);
