CREATE SCHEMA audit;
CREATE TABLE audit.changes (
  id bigserial PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  who name NOT NULL DEFAULT current_user,
  verb text NOT NULL,
  before jsonb,
  after jsonb
);
CREATE FUNCTION audit.write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
  INSERT INTO audit.changes (verb, before, after)
  VALUES (lower(TG_OP), CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
  RETURN NULL;
END;
$body$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON probes FOR EACH ROW EXECUTE FUNCTION audit.write();
