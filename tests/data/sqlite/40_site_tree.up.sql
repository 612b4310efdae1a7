ALTER TABLE sites ADD COLUMN parent_id INTEGER REFERENCES sites (id);
UPDATE sites SET parent_id = id / 2 WHERE id > 1;
CREATE TABLE site_ancestors (
  site_id INTEGER NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
  ancestor_id INTEGER NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
  depth INTEGER NOT NULL,
  PRIMARY KEY (site_id, ancestor_id)
) WITHOUT ROWID;
WITH RECURSIVE up (site_id, ancestor_id, depth) AS (
  SELECT id, id, 0 FROM sites
  UNION ALL
  SELECT up.site_id, s.parent_id, up.depth + 1 FROM up JOIN sites s ON s.id = up.ancestor_id
  WHERE s.parent_id IS NOT NULL
)
INSERT INTO site_ancestors SELECT site_id, ancestor_id, depth FROM up;
