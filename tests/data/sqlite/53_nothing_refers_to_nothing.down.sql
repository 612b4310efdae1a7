DROP INDEX deliveries_by_channel;
