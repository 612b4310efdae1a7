#include "migrations/step.h"

#include <algorithm>
#include <array>

namespace ignite::migrations {
namespace {

constexpr std::string_view kLossy = "lossy";
constexpr std::string_view kNonTransactional = "non-transactional";
constexpr std::string_view kForeignKeysOff = "foreign-keys-off";
/// By their kind.
constexpr std::array<std::string_view, 3> kCopyNames = {"whole", "schema", "none"};

Json StepsToJson(const std::vector<Step>& steps) {
  Json json = Json::EmptyArray();
  for (const Step& step : steps) json.Push(ToJson(step));
  return json;
}

Result<std::vector<Step>> StepsFromJson(const Json::Array& array) {
  std::vector<Step> steps;
  for (const Json& json : array) steps.push_back(TRY(StepFromJson(json)));
  return steps;
}

bool IsTrue(const Json* json) { return json != nullptr && json->AsBool() && *json->AsBool(); }

}  // namespace

Move Reversed(const Move& move) {
  Move back;
  back.direction = Direction::kDown;
  back.from_release = move.to_release;
  back.from_version = move.to_version;
  back.to_release = move.from_release;
  back.to_version = move.from_version;
  back.steps.assign(move.steps.rbegin(), move.steps.rend());
  return back;
}

std::vector<Move> Split(const Move& whole) {
  std::vector<Move> moves;
  std::string mark = whole.to_release.empty() ? std::string(kLeaving) : whole.to_release;
  Move next;
  next.from_release = whole.from_release;
  next.from_version = next.to_version = whole.from_version;
  next.baseline = whole.baseline;
  next.direction = whole.direction;
  auto close = [&] {
    next.to_release = mark;
    moves.push_back(std::move(next));
    next = Move();
    next.from_release = mark;
    next.from_version = next.to_version = moves.back().to_version;
    next.direction = whole.direction;
  };
  for (size_t i = 0; i < whole.steps.size(); ++i) {
    const Step& step = whole.steps[i];
    bool alone = step.traits.non_transactional || step.is_program;
    // The mark is durable before the step begins; a move without steps makes it.
    if (alone && (next.from_release != mark || !next.steps.empty())) close();
    next.steps.push_back(step);
    bool is_last = i + 1 == whole.steps.size();
    next.to_version = is_last                             ? whole.to_version
                      : whole.direction == Direction::kUp ? step.number
                                                          : whole.steps[i + 1].number;
    if (alone) close();
  }
  next.to_release = whole.to_release;
  next.to_version = whole.to_version;
  next.verify = whole.verify;
  next.proves_return = whole.proves_return;
  moves.push_back(std::move(next));
  return moves;
}

std::string_view EngineName(Engine engine) {
  return engine == Engine::kSqlite ? "sqlite" : "postgresql";
}

std::optional<Engine> ParseEngine(std::string_view name) {
  for (Engine engine : {Engine::kSqlite, Engine::kPostgresql}) {
    if (name == EngineName(engine)) return engine;
  }
  return std::nullopt;
}

std::vector<std::string> TraitWords(const StepTraits& traits) {
  std::vector<std::string> words;
  if (traits.lossy) words.emplace_back(kLossy);
  if (traits.non_transactional) words.emplace_back(kNonTransactional);
  if (traits.foreign_keys_off) words.emplace_back(kForeignKeysOff);
  return words;
}

bool AddTrait(std::string_view word, StepTraits& traits) {
  if (word == kLossy) return traits.lossy = true;
  if (word == kNonTransactional) return traits.non_transactional = true;
  if (word == kForeignKeysOff) return traits.foreign_keys_off = true;
  return false;
}

Json ToJson(const Step& step) {
  Json json = Json::EmptyObject();
  json.Set("number", step.number).Set("name", step.name).Set("up", step.up);
  if (step.down) json.Set("down", *step.down);
  return json.Set("traits", Json::StringArray(TraitWords(step.traits)))
      .Set("program", step.is_program);
}

Result<Step> StepFromJson(const Json& json) {
  JsonFields fields(json, "step");
  Step step;
  step.number = fields.Integer("number", 0, Json::kMaxInteger);
  step.name = fields.String("name");
  step.up = fields.String("up");
  if (fields.Optional("down") != nullptr) step.down = fields.String("down");
  for (const std::string& word : fields.Strings("traits")) {
    if (!AddTrait(word, step.traits)) fields.Fault("traits", "holds a word that is none");
  }
  step.is_program = IsTrue(fields.Optional("program"));
  TRY(fields.Finish());
  return step;
}

Json ToJson(const DatabaseState& state) {
  Json applied = Json::EmptyArray();
  for (const AppliedStep& entry : state.applied) {
    Json json = Json::EmptyObject();
    applied.Push(json.Set("step", ToJson(entry.step)).Set("release", entry.release));
  }
  Json json = Json::EmptyObject();
  json.Set("exists", state.exists).Set("managed", state.is_managed).Set("empty", state.is_empty);
  json.Set("version", state.version).Set("baseline", state.baseline).Set("release", state.release);
  json.Set("applied", std::move(applied)).Set("schema", state.schema);
  return json.Set("recorded-schema", state.recorded_schema)
      .Set("bytes", state.bytes)
      .Set("server", state.server)
      .Set("server-process", state.server_process);
}

Result<DatabaseState> StateFromJson(const Json& json) {
  JsonFields fields(json, "state");
  DatabaseState state;
  state.exists = IsTrue(fields.Optional("exists"));
  state.is_managed = IsTrue(fields.Optional("managed"));
  state.is_empty = IsTrue(fields.Optional("empty"));
  state.version = fields.Integer("version", 0, Json::kMaxInteger);
  state.baseline = fields.Integer("baseline", 0, Json::kMaxInteger);
  state.release = fields.String("release");
  state.schema = fields.String("schema");
  state.recorded_schema = fields.String("recorded-schema");
  state.bytes = static_cast<uint64_t>(fields.Integer("bytes", 0, Json::kMaxInteger));
  state.server = fields.Integer("server", 0, Json::kMaxInteger);
  state.server_process = fields.Integer("server-process", 0, Json::kMaxInteger);
  const Json::Array& applied = fields.Array("applied");
  TRY(fields.Finish());
  for (const Json& entry : applied) {
    JsonFields applied_fields(entry, "applied");
    std::string release = applied_fields.String("release");
    const Json& step = applied_fields.Required("step");
    TRY(applied_fields.Finish());
    state.applied.push_back({TRY(StepFromJson(step)), std::move(release)});
  }
  return state;
}

Json ToJson(const Move& move) {
  Json json = Json::EmptyObject();
  json.Set("from-release", move.from_release).Set("from-version", move.from_version);
  json.Set("to-release", move.to_release).Set("to-version", move.to_version);
  json.Set("baseline", move.baseline);
  json.Set("down", move.direction == Direction::kDown).Set("steps", StepsToJson(move.steps));
  json.Set("proves-return", move.proves_return);
  return json.Set("verify", Json::StringArray(move.verify));
}

Result<Move> MoveFromJson(const Json& json) {
  JsonFields fields(json, "move");
  Move move;
  move.from_release = fields.String("from-release");
  move.from_version = fields.Integer("from-version", 0, Json::kMaxInteger);
  move.to_release = fields.String("to-release");
  move.to_version = fields.Integer("to-version", 0, Json::kMaxInteger);
  move.baseline = fields.Integer("baseline", 0, Json::kMaxInteger);
  move.verify = fields.Strings("verify");
  move.proves_return = IsTrue(fields.Optional("proves-return"));
  move.direction = IsTrue(fields.Optional("down")) ? Direction::kDown : Direction::kUp;
  const Json::Array& steps = fields.Array("steps");
  TRY(fields.Finish());
  move.steps = TRY(StepsFromJson(steps));
  return move;
}

Json ToJson(const Copy& copy) {
  Json json = Json::EmptyObject();
  return json.Set("kind", kCopyNames.at(static_cast<size_t>(copy.kind))).Set("why", copy.why);
}

Result<Copy> CopyFromJson(const Json& json) {
  JsonFields fields(json, "copy");
  std::string kind = fields.String("kind");
  Copy copy;
  copy.why = fields.String("why");
  auto found = std::find(kCopyNames.begin(), kCopyNames.end(), kind);
  if (found == kCopyNames.end()) fields.Fault("kind", "is none");
  TRY(fields.Finish());
  copy.kind = static_cast<Copy::Kind>(found - kCopyNames.begin());
  return copy;
}

}  // namespace ignite::migrations
