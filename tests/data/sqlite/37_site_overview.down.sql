DROP VIEW site_overview;
