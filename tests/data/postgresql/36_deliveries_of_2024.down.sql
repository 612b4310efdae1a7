ALTER TABLE deliveries DETACH PARTITION deliveries_2024;
DROP TABLE deliveries_2024;
