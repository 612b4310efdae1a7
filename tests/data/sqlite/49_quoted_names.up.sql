CREATE TABLE "report ""daily""" (
  "order" INTEGER PRIMARY KEY,
  [group] TEXT,
  `select` TEXT DEFAULT ('a''b')
);
INSERT INTO "report ""daily""" ("order", [group]) VALUES (1, 'sites'), (2, 'probes');
CREATE INDEX "by group" ON "report ""daily""" ([group]);
