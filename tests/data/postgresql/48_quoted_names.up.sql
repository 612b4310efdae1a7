CREATE TABLE "report ""daily""" (
  "order" integer PRIMARY KEY,
  "group" text,
  "Select" text DEFAULT U&'a\0027b' || E'\t\'' || $q$;$q$
);
INSERT INTO "report ""daily""" ("order", "group") VALUES (1, 'sites'), (2, 'probes');
CREATE INDEX "by group" ON "report ""daily""" ("group");
