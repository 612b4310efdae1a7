CREATE TABLE alerts (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  target_id integer NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  severity smallint NOT NULL DEFAULT 3 CONSTRAINT alerts_severity CHECK (severity BETWEEN 1 AND 5),
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  message text NOT NULL,
  CONSTRAINT alerts_order CHECK (closed_at >= opened_at)
);
CREATE INDEX ON alerts (target_id);
