ALTER TABLE sites ADD COLUMN parent_id integer REFERENCES sites (id);
UPDATE sites SET parent_id = id / 2 WHERE id > 1;
CREATE FUNCTION ancestors(site integer) RETURNS SETOF integer LANGUAGE sql STABLE AS $$
  WITH RECURSIVE up AS (
    SELECT id, parent_id FROM public.sites WHERE id = site
    UNION ALL SELECT s.id, s.parent_id FROM up JOIN public.sites s ON s.id = up.parent_id
  )
  SELECT id FROM up;
$$;
