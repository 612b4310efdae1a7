#include "migrations/postgresql_schema.h"

#include <algorithm>
#include <array>

#include "base/str_cat.h"

namespace ignite::migrations {
namespace {

/// Where the schema `n` is the application's, and the object with this catalogue and oid is neither
/// of an extension nor one of the engine's own.
std::string OfApplication(std::string_view catalogue, std::string_view oid) {
  return StrCat(
      " n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM "
      "pg_depend e WHERE e.classid = 'pg_catalog.",
      catalogue, "'::regclass AND e.objid = ", oid, " AND e.deptype = 'e')");
}

constexpr std::string_view kNotOurs =
    " AND NOT (n.nspname = 'public' AND c.relname LIKE 'ignite\\_%')";

/// Who may do what, as it is in effect: what GRANT and REVOKE leave behind is what was before.
std::string Rights(std::string_view acl, std::string_view kind, std::string_view owner) {
  return StrCat("(SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(", acl,
                ", acldefault('", kind, "', ", owner, "))) a)");
}

/// The relations of the application, `c` in the schema `n`.
std::string FromRelations() {
  return StrCat(" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE",
                OfApplication("pg_class", "c.oid"), kNotOurs);
}

/// Each gives one line for each object of one kind.
std::vector<std::string> Queries() {
  const std::string relation = "format('%I.%I', n.nspname, c.relname)";
  const std::string of_relations = FromRelations();
  auto on_relation = [&](std::string_view catalogue, std::string_view key) {
    return StrCat(" FROM ", catalogue, " x JOIN pg_class c ON c.oid = x.", key,
                  " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE",
                  OfApplication("pg_class", "c.oid"), kNotOurs);
  };
  return {
      StrCat("SELECT format('schema %I: owner %s, ', n.nspname, n.nspowner::regrole) || ",
             Rights("n.nspacl", "n", "n.nspowner"), " FROM pg_namespace n WHERE",
             OfApplication("pg_namespace", "n.oid")),
      "SELECT format('extension %I %s', extname, extversion) FROM pg_extension",
      StrCat("SELECT format('relation %s: %s %s owner %s, options %s, row security %s %s, key %s, "
             "bound %s, ', ",
             relation,
             ", c.relkind, c.relpersistence, c.relowner::regrole, c.reloptions, c.relrowsecurity, "
             "c.relforcerowsecurity, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, "
             "c.oid)) || ",
             Rights("c.relacl", "r", "c.relowner"), of_relations,
             " AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')"),
      StrCat("SELECT format('column %s.%I: %s %s, default %s, identity %s, generated %s, collation "
             "%s, rights %s', ",
             relation,
             ", x.attname, format_type(x.atttypid, x.atttypmod), CASE WHEN x.attnotnull THEN 'NOT "
             "NULL' ELSE 'NULL' END, pg_get_expr(d.adbin, d.adrelid), x.attidentity, "
             "x.attgenerated, x.attcollation::regcollation, nullif(x.attacl, '{}')) FROM "
             "pg_attribute x JOIN "
             "pg_class c ON c.oid = x.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT "
             "JOIN pg_attrdef d ON d.adrelid = x.attrelid AND d.adnum = x.attnum WHERE",
             OfApplication("pg_class", "c.oid"), kNotOurs,
             " AND x.attnum > 0 AND NOT x.attisdropped AND c.relkind IN ('r', 'p', 'f', 'c')"),
      StrCat("SELECT format('view %s: %s', ", relation, ", pg_get_viewdef(c.oid))", of_relations,
             " AND c.relkind IN ('v', 'm')"),
      StrCat("SELECT format('sequence %s: %s start %s increment %s from %s to %s cache %s cycle "
             "%s', ",
             relation,
             ", x.seqtypid::regtype, x.seqstart, x.seqincrement, x.seqmin, x.seqmax, x.seqcache, "
             "x.seqcycle)",
             on_relation("pg_sequence", "seqrelid")),
      StrCat("SELECT format('constraint %s %I: %s', ", relation,
             ", x.conname, pg_get_constraintdef(x.oid))", on_relation("pg_constraint", "conrelid")),
      StrCat("SELECT format('index %s: %s valid %s', x.indexrelid::regclass, "
             "pg_get_indexdef(x.indexrelid), x.indisvalid)",
             on_relation("pg_index", "indrelid")),
      StrCat("SELECT format('trigger %s %s: %s', ", relation,
             ", pg_get_triggerdef(x.oid), x.tgenabled)", on_relation("pg_trigger", "tgrelid"),
             " AND NOT x.tgisinternal"),
      StrCat("SELECT format('rule %s: %s', ", relation, ", pg_get_ruledef(x.oid))",
             on_relation("pg_rewrite", "ev_class"), " AND x.rulename <> '_RETURN'"),
      StrCat(
          "SELECT format('policy %s %I: %s %s %s using %s check %s', ", relation,
          ", x.polname, x.polcmd, x.polpermissive, x.polroles::regrole[], pg_get_expr(x.polqual, "
          "x.polrelid), pg_get_expr(x.polwithcheck, x.polrelid))",
          on_relation("pg_policy", "polrelid")),
      StrCat("SELECT format('statistics %I: %s', x.stxname, pg_get_statisticsobjdef(x.oid))",
             on_relation("pg_statistic_ext", "stxrelid")),
      StrCat("SELECT format('routine %s: %s owner %s, %s', p.oid::regprocedure, CASE WHEN "
             "p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END, "
             "p.proowner::regrole, ",
             Rights("p.proacl", "f", "p.proowner"),
             ") FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE",
             OfApplication("pg_proc", "p.oid")),
      StrCat("SELECT format('type %s: %s labels %s, of %s %s default %s, %s', t.oid::regtype, "
             "t.typtype, (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY "
             "enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), nullif(t.typbasetype, "
             "0)::regtype, t.typnotnull, t.typdefault, (SELECT "
             "string_agg(pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_constraint "
             "WHERE contypid = t.oid)) FROM pg_type t JOIN pg_namespace n ON n.oid = "
             "t.typnamespace WHERE",
             OfApplication("pg_type", "t.oid"), " AND t.typtype IN ('e', 'd', 'r')"),
      StrCat("SELECT format('comment on %s: %s', pg_describe_object(x.classoid, x.objoid, "
             "x.objsubid), quote_literal(x.description)) FROM pg_description x WHERE x.objoid >= "
             "16384"),
      // Of the rare kinds, which they are.
      "SELECT format('%s %s', i.type, i.identity) FROM (SELECT 'pg_cast'::regclass AS catalogue, "
      "oid FROM pg_cast UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation UNION ALL "
      "SELECT 'pg_operator'::regclass, oid FROM pg_operator UNION ALL SELECT "
      "'pg_opclass'::regclass, oid FROM pg_opclass UNION ALL SELECT 'pg_ts_config'::regclass, oid "
      "FROM pg_ts_config UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict UNION ALL "
      "SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger UNION ALL SELECT "
      "'pg_publication'::regclass, oid FROM pg_publication) o, pg_identify_object(o.catalogue, "
      "o.oid, 0) i WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = "
      "o.catalogue AND e.objid = o.oid AND e.deptype = 'e')",
  };
}

}  // namespace

Result<bool> PostgresqlIsEmpty(SqlSession& session) {
  return TRY(session.Value(StrCat("SELECT count(*)", FromRelations()))) == "0";
}

Result<std::string> PostgresqlSchemaText(SqlSession& session) {
  std::vector<std::string> lines;
  for (const std::string& query : Queries()) {
    TRY(session.Query(query, {}, [&](const std::vector<std::string>& row) {
      std::string line = row[0];
      std::replace(line.begin(), line.end(), '\n', ' ');
      lines.push_back(std::move(line));
    }));
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += StrCat(line, "\n");
  return text;
}

Result<std::vector<std::string>> PostgresqlTableContents(SqlSession& session) {
  std::vector<std::pair<std::string, std::string>> tables;  // Name, columns by name.
  TRY(session.Query(
      StrCat(
          "SELECT format('%I.%I', n.nspname, c.relname), (SELECT string_agg(quote_ident(attname),"
          " ', ' ORDER BY attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND "
          "NOT attisdropped) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
          "WHERE",
          OfApplication("pg_class", "c.oid"), kNotOurs, " AND c.relkind = 'r' ORDER BY 1"),
      {}, [&](const std::vector<std::string>& row) { tables.emplace_back(row[0], row[1]); }));
  std::vector<std::string> contents;
  for (const auto& [name, columns] : tables) {
    TRY(session.Query(StrCat("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM "
                             "(SELECT ",
                             columns, " FROM ONLY ", name, ") t"),
                      {}, [&, table = name](const std::vector<std::string>& row) {
                        contents.push_back(StrCat(table, ": ", row[0], " rows, ", row[1]));
                      }));
  }
  return contents;
}

}  // namespace ignite::migrations
