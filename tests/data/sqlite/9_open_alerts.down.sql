DROP VIEW open_alerts;
