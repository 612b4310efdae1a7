ALTER TABLE targets ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE targets ALTER COLUMN kind TYPE text USING kind::text;
DROP TYPE target_kind;
