CREATE TYPE target_kind AS ENUM ('ping', 'http', 'snmp', 'dns');
ALTER TABLE targets ALTER COLUMN kind TYPE target_kind USING kind::target_kind;
ALTER TABLE targets ALTER COLUMN kind SET DEFAULT 'ping';
