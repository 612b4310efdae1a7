-- A value cannot be dropped: the type is made anew.
ALTER TYPE target_kind RENAME TO target_kind_wide;
CREATE TYPE target_kind AS ENUM ('ping', 'http', 'snmp', 'dns');
ALTER TABLE targets ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE targets ALTER COLUMN kind TYPE target_kind USING kind::text::target_kind;
ALTER TABLE targets ALTER COLUMN kind SET DEFAULT 'ping';
DROP TYPE target_kind_wide;
