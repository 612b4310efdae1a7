ALTER TABLE alerts ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, message)) STORED;
CREATE INDEX alerts_words ON alerts USING gin (words);
