DROP TABLE "report ""daily""";
