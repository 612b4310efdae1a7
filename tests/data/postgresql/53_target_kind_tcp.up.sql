ALTER TYPE target_kind ADD VALUE 'tcp' BEFORE 'snmp';
