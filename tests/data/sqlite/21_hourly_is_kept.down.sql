DROP TRIGGER samples_counted;
