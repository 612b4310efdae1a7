#include "payload-format/data/migrations_spec.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/data/database_address.h"
#include "payload-format/manifest/unit_name.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::format {
namespace {

bool IsDigestOf(std::string_view file, std::string_view digest) {
  if (file.empty() || IsProgramOfStep(file)) return digest.empty();
  return Sha256Digest::FromHexText(digest).has_value();
}

Result<StepMeaning> MeaningFromJson(const Json& json, const Step& step) {
  JsonFields fields(json, "meaning");
  StepMeaning meaning;
  (void)fields.Required("traits");
  std::vector<std::string> words = fields.Strings("traits");
  for (const std::string& word : words) {
    if (std::find(kStepTraits.begin(), kStepTraits.end(), word) == kStepTraits.end())
      fields.Fault("traits", "holds a word that is none");
  }
  // Meanings are compared, and their traits are a set.
  for (std::string_view trait : kStepTraits) {
    if (std::find(words.begin(), words.end(), trait) != words.end())
      meaning.traits.emplace_back(trait);
  }
  meaning.up = fields.String("up");
  meaning.down = fields.String("down");
  if (!IsDigestOf(step.up, meaning.up)) fields.Fault("up", "is not what its file needs");
  if (!IsDigestOf(step.down, meaning.down)) fields.Fault("down", "is not what its file needs");
  TRY(fields.Finish());
  return meaning;
}

}  // namespace

const StepMeaning* MigrationsSpec::MeaningOf(uint64_t number) const {
  for (size_t i = 0; i < folder.steps.size(); ++i) {
    if (folder.steps[i].number == number) return &meanings[i];
  }
  return nullptr;
}

std::string MigrationsSpec::Place() const {
  return engine == kSqlite ? database : StrCat(engine, ":", database);
}

Json MigrationsSpec::ToJson() const {
  Json list = Json::EmptyArray();
  for (const StepMeaning& meaning : meanings) {
    Json json = Json::EmptyObject();
    json.Set("traits", Json::StringArray(meaning.traits)).Set("up", meaning.up);
    list.Push(json.Set("down", meaning.down));
  }
  Json json = Json::EmptyObject();
  json.Set("engine", engine).Set("database", database).Set("baseline", baseline);
  json.Set("verify", has_verify).Set("units", Json::StringArray(units));
  folder.AddTo(json);
  return json.Set("meanings", std::move(list));
}

Result<MigrationsSpec> MigrationsSpec::FromJson(const Json& json) {
  JsonFields fields(json, "migrations");
  MigrationsSpec spec;
  spec.engine = fields.String("engine");
  spec.database = fields.String("database");
  if (spec.engine == kSqlite) {
    if (!IsProbePath(spec.database)) fields.Fault("database", "is no absolute path");
  } else if (spec.engine == kPostgresql) {
    if (!IsPostgresqlAddress(spec.database)) fields.Fault("database", "is no address");
  } else {
    fields.Fault("engine", "is unknown");
  }
  spec.baseline = static_cast<uint64_t>(fields.Integer("baseline", 0, Json::kMaxInteger));
  const Json& verify = fields.Required("verify");
  if (verify.AsBool() == nullptr) fields.Fault("verify", "is neither true nor false");
  spec.has_verify = verify.AsBool() != nullptr && *verify.AsBool();
  (void)fields.Required("units");
  spec.units = fields.Strings("units");
  for (const std::string& unit : spec.units) {
    if (!IsUnitName(unit)) fields.Fault("units", "holds something that is no name of a unit");
  }
  spec.folder = TRY(ProgramFolder::Take(fields, Suffixes()));
  if (spec.has_verify) spec.folder.texts.emplace_back(kVerify);
  const Json::Array& meanings = fields.Array("meanings");
  if (meanings.size() != spec.folder.steps.size())
    fields.Fault("meanings", "are not as many as the steps");
  TRY(fields.Finish());
  for (size_t i = 0; i < meanings.size(); ++i)
    spec.meanings.push_back(TRY(MeaningFromJson(meanings[i], spec.folder.steps[i])));
  return spec;
}

Result<> MigrationsSpec::Check(const PayloadInfo& payload) {
  if (!payload.component.starts_with(kComponents)) {
    return Error{ErrorCode::kCorrupt,
                 StrCat("the migrations ", Quoted(payload.name), " are for the component ",
                        payload.component, " instead of one of ", kComponents),
                 "build the bundle anew"};
  }
  TRY(TreeSpec::CheckStreams(payload));
  TRY(FromJson(payload.spec));
  return {};
}

}  // namespace ignite::format
