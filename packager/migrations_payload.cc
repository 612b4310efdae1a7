#include "packager/migrations_payload.h"

#include <algorithm>
#include <map>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "migrations/sql_text.h"
#include "packager/program_folder_source.h"
#include "packager/tree_check.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/data/database_address.h"
#include "payload-format/data/migrations_spec.h"
#include "payload-format/manifest/unit_name.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {
namespace {

using format::MigrationsSpec;
using format::StepMeaning;
using migrations::Engine;
using migrations::StepTraits;

/// Holds the texts of steps against the rules, and says what they mean.
class TextReader {
 public:
  TextReader(Engine engine, const ReadText& read, TreeFaults& faults)
      : engine_(engine), read_(read), faults_(faults) {}

  Result<StepMeaning> Read(const format::Step& step) {
    StepMeaning meaning;
    StepTraits traits;
    if (!format::IsProgramOfStep(step.up)) {
      std::string up = TRY(Text(step.up));
      std::vector<Fault> found;
      traits = migrations::ReadTraits(up, engine_, found);
      Tell(step.up, found);
      meaning.up = Judge(step.up, up, traits);
    }
    if (!step.down.empty() && !format::IsProgramOfStep(step.down))
      meaning.down = Judge(step.down, TRY(Text(step.down)), traits);
    meaning.traits = migrations::TraitWords(traits);
    return meaning;
  }

  Result<bool> ReadVerify() {
    auto text = TRY(read_(std::string(MigrationsSpec::kVerify)));
    if (!text) return false;
    (void)Judge(MigrationsSpec::kVerify, *text, {});
    return true;
  }

 private:
  Result<std::string> Text(const std::string& file) {
    return TRY(read_(file)).value_or(std::string());
  }

  /// The digest of its normal form; empty after a fault.
  std::string Judge(std::string_view file, const std::string& text, const StepTraits& traits) {
    if (!IsUtf8(text) || text.find('\0') != std::string::npos) {
      faults_.Add(file, "is no UTF-8 text", "save it as UTF-8");
      return {};
    }
    std::vector<Fault> found;
    migrations::FindObstacles(text, engine_, traits, found);
    Tell(file, found);
    auto form = migrations::NormalForm(text, engine_);
    return form ? format::Sha256(AsBytes(*form)).Hex() : std::string();
  }

  void Tell(std::string_view file, const std::vector<Fault>& found) {
    for (const Fault& fault : found)
      faults_.Add(file, StrCat("is wrong in line ", fault.line, ": ", fault.message), fault.remedy);
  }

  Engine engine_;
  const ReadText& read_;
  TreeFaults& faults_;
};

class MigrationsInput : public PayloadInput {
 public:
  MigrationsInput(ProgramFolderSource source, MigrationsSpec spec, int database_line,
                  int baseline_line)
      : source_(std::move(source)),
        spec_(std::move(spec)),
        database_line_(database_line),
        baseline_line_(baseline_line) {}

  std::vector<TakenPlace> Places() const override {
    if (spec_.database.empty()) return {};
    return {{spec_.Place(), database_line_}};
  }

  std::vector<std::string> Sources() const override { return {source_.origin.path}; }

  Result<PayloadContent> Collect(const CollectContext& context,
                                 std::vector<Fault>& faults) override {
    source_.look = [this](const std::vector<format::Step>& steps, const ReadText& read,
                          TreeFaults& found) -> Result<> {
      auto engine = migrations::ParseEngine(spec_.engine);
      TextReader texts(engine.value_or(Engine::kSqlite), read, found);
      for (const format::Step& step : steps) spec_.meanings.push_back(TRY(texts.Read(step)));
      spec_.has_verify = TRY(texts.ReadVerify());
      if (steps.empty())
        found.Add("", "has no step", "add files such as 1_first.up.sql and 1_first.down.sql");
      return {};
    };
    PackedPrograms packed = TRY(PackPrograms(source_, context, faults));
    spec_.folder = std::move(packed.folder);
    if (spec_.baseline > format::LastNumber(spec_.folder.steps)) {
      faults.push_back({baseline_line_,
                        StrCat("the baseline ", spec_.baseline, " is behind the last step"),
                        "write the number of the step that the databases out there are at"});
    }
    packed.content.spec = spec_.ToJson();
    return std::move(packed.content);
  }

 private:
  ProgramFolderSource source_;
  MigrationsSpec spec_;
  int database_line_;
  int baseline_line_;
};

/// The words of a connection string in the order of the format. The user is the administrator where
/// it is missing, who acts as the owner of the database.
std::string PostgresqlAddress(std::string_view text) {
  std::map<std::string, std::string, std::less<>> parts = {{"user", "postgres"}};
  std::string words(text);
  std::replace(words.begin(), words.end(), ' ', ',');
  for (const std::string& word : SplitList(words)) {
    size_t equals = std::min(word.find('='), word.size());
    std::string key = word.substr(0, equals);
    bool known = std::find(format::kAddressKeys.begin(), format::kAddressKeys.end(), key) !=
                 format::kAddressKeys.end();
    if (!known || equals == word.size()) return std::string(text);
    parts[key] = word.substr(equals + 1);
  }
  std::string address;
  for (std::string_view key : format::kAddressKeys) {
    auto part = parts.find(key);
    if (part == parts.end() || part->second.empty()) continue;
    address += StrCat(address.empty() ? "" : " ", key, "=", part->second);
  }
  return address;
}

void ReadDatabase(RecipeSection& section, MigrationsSpec& spec) {
  constexpr std::string_view kSqliteExample = "sqlite:/var/lib/netprobe/main.db";
  constexpr std::string_view kPostgresqlExample = "postgresql:dbname=netprobe user=netprobe";
  std::string text = section.Required("database", kSqliteExample);
  if (text.empty()) return;
  size_t colon = std::min(text.find(':'), text.size());
  spec.engine = text.substr(0, colon);
  std::string place = text.substr(std::min(colon + 1, text.size()));
  if (spec.engine == MigrationsSpec::kPostgresql) {
    place = PostgresqlAddress(place);
    if (!format::IsPostgresqlAddress(place)) {
      section.Refuse("database", StrCat(Quoted(place, 80), " is no address of a PostgreSQL"),
                     StrCat("write for example: database = ", kPostgresqlExample,
                            "; host= and port= may be there too, and nothing else"));
    }
  } else if (spec.engine != MigrationsSpec::kSqlite) {
    section.Refuse(
        "database", StrCat(Quoted(text, 80), " is no database that ignite-pack knows"),
        StrCat("write for example: database = ", kSqliteExample, ", or ", kPostgresqlExample));
  } else if (!format::IsProbePath(place)) {
    section.Refuse("database", StrCat(Quoted(place, 80), " is no place on a probe"),
                   "write an absolute path without '.', '..' or a slash at the end");
  }
  spec.database = std::move(place);
}

}  // namespace

std::unique_ptr<PayloadInput> ReadMigrationsInput(RecipeSection& section,
                                                  const std::string& folder) {
  std::string component = section.Optional("component");
  if (format::IsComponent(component) && !component.starts_with(MigrationsSpec::kComponents)) {
    section.Refuse("component", StrCat("migrations cannot be of the component ", Quoted(component)),
                   StrCat("write ", MigrationsSpec::kComponents, "NAME"));
  }
  ProgramFolderSource source;
  source.origin = ReadTreeOrigin(section, folder, "sql");
  source.suffixes = MigrationsSpec::Suffixes();
  MigrationsSpec spec;
  ReadDatabase(section, spec);
  if (section.Has("baseline")) {
    auto number = ParseNumber(section.Required("baseline", "17"));
    if (number && *number <= static_cast<uint64_t>(Json::kMaxInteger)) {
      spec.baseline = *number;
    } else {
      section.Refuse("baseline", "'baseline' is no number of a step",
                     "write the number of the step that the databases out there are at");
    }
  }
  spec.units = section.List("units");
  for (const std::string& unit : spec.units) {
    if (format::IsUnitName(unit)) continue;
    section.Refuse("units", StrCat(Quoted(unit), " is no name of a unit"),
                   "write the units that use the database, such as netprobe.service");
  }
  return std::make_unique<MigrationsInput>(std::move(source), std::move(spec),
                                           section.LineOf("database"), section.LineOf("baseline"));
}

std::unique_ptr<ContentCheck> MakeMigrationsCheck(const format::PayloadInfo& payload) {
  // `check` let it pass.
  auto spec = MigrationsSpec::FromJson(payload.spec);
  if (!spec) spec = MigrationsSpec();
  return MakeStreamsCheck(payload, spec->folder.Rules({}));
}

std::string DescribeMigrations(const format::PayloadInfo& payload) {
  auto spec = MigrationsSpec::FromJson(payload.spec);
  if (!spec) return {};
  size_t steps = spec->folder.steps.size();
  size_t one_way = 0;
  for (size_t i = 0; i < steps; ++i) {
    const auto& traits = spec->meanings[i].traits;
    bool is_lossy = std::find(traits.begin(), traits.end(), "lossy") != traits.end();
    one_way += spec->folder.steps[i].down.empty() || is_lossy ? 1 : 0;
  }
  std::string text = StrCat(steps, steps == 1 ? " step" : " steps", " to version ", spec->Level(),
                            " of ", spec->engine, ":", Printable(spec->database));
  if (one_way > 0) text += StrCat(", ", one_way, " of them only with a snapshot to go back to");
  return text;
}

}  // namespace ignite::packager
