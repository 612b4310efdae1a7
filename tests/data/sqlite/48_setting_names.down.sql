UPDATE settings SET value = json_remove(value, '$.hourly') WHERE key = 'retention';
UPDATE settings SET key = substr(key, 10) WHERE key LIKE 'alerting.%';
