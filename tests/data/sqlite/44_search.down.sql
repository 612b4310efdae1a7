DROP TRIGGER alerts_lost;
DROP TRIGGER alerts_found;
DROP TABLE alert_search;
