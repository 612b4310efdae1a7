#include "packager/migrations_payload.h"

#include <algorithm>
#include <optional>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "migrations/sql_text.h"
#include "packager/program_folder_source.h"
#include "packager/sample.h"
#include "packager/step_rehearsal.h"
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

  /// Its texts go into `texts`.
  Result<StepMeaning> Read(const format::Step& step, migrations::Step& texts) {
    StepMeaning meaning;
    texts.number = static_cast<int64_t>(step.number);
    texts.name = step.name;
    texts.is_program = format::IsProgramOfStep(step.up);
    if (!texts.is_program) {
      texts.up = TRY(Text(step.up));
      std::vector<Fault> found;
      texts.traits = migrations::ReadTraits(texts.up, engine_, found);
      Tell(step.up, found);
      meaning.up = Judge(step.up, texts.up, texts.traits);
    }
    if (!step.down.empty()) texts.down.emplace();
    if (texts.down && !format::IsProgramOfStep(step.down)) {
      texts.down = TRY(Text(step.down));
      meaning.down = Judge(step.down, *texts.down, texts.traits);
    }
    meaning.traits = migrations::TraitWords(texts.traits);
    return meaning;
  }

  /// The queries; nullopt where there is no file of them.
  Result<std::optional<std::vector<std::string>>> ReadVerify() {
    auto text = TRY(read_(std::string(MigrationsSpec::kVerify)));
    if (!text) return std::optional<std::vector<std::string>>();
    (void)Judge(MigrationsSpec::kVerify, *text, {});
    std::vector<std::string> queries;
    for (const auto& query : migrations::SplitStatements(*text, engine_))
      queries.emplace_back(query.text);
    return std::optional(std::move(queries));
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

/// The lines of a recipe that faults are told of.
struct Lines {
  int database = 0;
  int baseline = 0;
  int sample = 0;
};

class MigrationsInput : public PayloadInput {
 public:
  MigrationsInput(ProgramFolderSource source, MigrationsSpec spec, std::optional<Sample> sample,
                  Lines lines)
      : source_(std::move(source)),
        spec_(std::move(spec)),
        sample_(std::move(sample)),
        lines_(lines) {}

  std::vector<TakenPlace> Places() const override {
    if (spec_.database.empty()) return {};
    return {{spec_.Place(), lines_.database}};
  }

  std::vector<std::string> Sources() const override {
    std::vector<std::string> sources = {source_.origin.path};
    if (sample_ && sample_->engine == Engine::kSqlite) sources.push_back(sample_->address);
    return sources;
  }

  Result<PayloadContent> Collect(const CollectContext& context,
                                 std::vector<Fault>& faults) override {
    source_.look = [this](const std::vector<format::Step>& steps, const ReadText& read,
                          TreeFaults& found) -> Result<> {
      TextReader texts(engine(), read, found);
      for (const format::Step& step : steps)
        spec_.meanings.push_back(TRY(texts.Read(step, to_try_.steps.emplace_back())));
      auto queries = TRY(texts.ReadVerify());
      spec_.has_verify = queries.has_value();
      if (queries) to_try_.verify = *std::move(queries);
      if (steps.empty())
        found.Add("", "has no step", "add files such as 1_first.up.sql and 1_first.down.sql");
      return {};
    };
    PackedPrograms packed = TRY(PackPrograms(source_, context, faults));
    spec_.folder = std::move(packed.folder);
    if (spec_.baseline > format::LastNumber(spec_.folder.steps)) {
      faults.push_back({lines_.baseline,
                        StrCat("the baseline ", spec_.baseline, " is behind the last step"),
                        "write the number of the step that the databases out there are at"});
    }
    packed.content.spec = spec_.ToJson();
    return std::move(packed.content);
  }

  bool CanBeRehearsed() const override { return true; }

  Result<Rehearsal> Rehearse(const CollectContext& context, const Sample* sample,
                             std::vector<Fault>& faults) override {
    if (sample == nullptr && sample_) sample = &*sample_;
    if (sample == nullptr) {
      if (std::string why = WhyNoNewDatabase(); !why.empty()) return NotRehearsed(why);
    }
    if (sample != nullptr && sample->engine != engine()) {
      faults.push_back({lines_.sample,
                        StrCat("the sample is of ", migrations::EngineName(sample->engine),
                               ", and the database of ", spec_.engine),
                        "give a sample of the same engine"});
      return Rehearsal();
    }
    to_try_.files = spec_.folder.steps;
    to_try_.baseline = static_cast<int64_t>(spec_.baseline);
    to_try_.unpack = [&](const std::string& folder) {
      return UnpackPrograms(source_, context, folder);
    };
    auto rehearsal = RehearseSteps(sample == nullptr ? Sample() : *sample, to_try_, context.show);
    if (rehearsal || rehearsal.error().code != ErrorCode::kRefused) return rehearsal;
    faults.push_back({source_.origin.line,
                      StrCat("payload ", context.payload, ": ", rehearsal.error().cause),
                      rehearsal.error().remedy});
    return Rehearsal();
  }

 private:
  Engine engine() const { return migrations::ParseEngine(spec_.engine).value_or(Engine::kSqlite); }

  /// Why the steps cannot be tried without a sample; empty where they can.
  std::string WhyNoNewDatabase() const {
    if (engine() == Engine::kPostgresql)
      return "it takes a server: give 'sample = postgresql:dbname=NAME'";
    if (spec_.baseline == 0) return {};
    return StrCat("databases begin at the baseline ", spec_.baseline,
                  ": give 'sample = FILE', one of that version");
  }

  static Rehearsal NotRehearsed(const std::string& why) {
    Rehearsal rehearsal;
    rehearsal.summary = StrCat("not rehearsed, for ", why);
    rehearsal.document.Set("why-not", why);
    return rehearsal;
  }

  ProgramFolderSource source_;
  MigrationsSpec spec_;
  std::optional<Sample> sample_;
  Lines lines_;
  StepsToTry to_try_;
};

/// The user is the administrator where it is missing, who acts as the owner of the database.
std::string PostgresqlAddress(std::string_view text) {
  return OrderedAddress(StrCat("user=postgres ", text)).value_or(std::string(text));
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
  std::optional<Sample> sample;
  std::string place =
      section.Has("sample") ? section.Required("sample", "samples/main.db") : std::string();
  if (!place.empty()) {
    auto parsed = ParseSample(place, folder);
    if (parsed) {
      sample = *std::move(parsed);
    } else {
      section.Refuse("sample", parsed.error().cause, parsed.error().remedy);
    }
  }
  Lines lines{section.LineOf("database"), section.LineOf("baseline"), section.LineOf("sample")};
  return std::make_unique<MigrationsInput>(std::move(source), std::move(spec), std::move(sample),
                                           lines);
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
