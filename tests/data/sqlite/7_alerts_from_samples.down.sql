DELETE FROM alerts;
