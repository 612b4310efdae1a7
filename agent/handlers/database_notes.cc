#include "agent/handlers/database_notes.h"

#include "base/json.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

constexpr size_t kMaxSize = size_t{64} * 1024;
constexpr mode_t kPrivate = 0600;

Result<Rehearsal> RehearsalFromJson(const Json& json) {
  JsonFields fields(json, "rehearsal");
  Rehearsal rehearsal;
  rehearsal.release = fields.String("release");
  rehearsal.bytes = static_cast<uint64_t>(fields.Integer("bytes", 0, Json::kMaxInteger));
  rehearsal.took = Clock::Milliseconds(fields.Integer("milliseconds", 0, Json::kMaxInteger));
  const Json& copy = fields.Required("copy");
  TRY(fields.Finish());
  rehearsal.copy = TRY(migrations::CopyFromJson(copy));
  return rehearsal;
}

}  // namespace

std::string DatabaseNotes::Folder(std::string_view component) const {
  return StrCat(paths_.State(), "/snapshots/", component);
}

std::string DatabaseNotes::RehearsalPath(std::string_view component) const {
  return Folder(component) + "/rehearsal.json";
}

void DatabaseNotes::Write(std::string_view component, const Rehearsal& rehearsal) {
  Json json = Json::EmptyObject();
  json.Set("release", rehearsal.release).Set("bytes", rehearsal.bytes);
  json.Set("milliseconds", rehearsal.took.count()).Set("copy", ToJson(rehearsal.copy));
  (void)files_.WriteAtomically(RehearsalPath(component), AsBytes(json.Dump()), kPrivate);
}

std::optional<Rehearsal> DatabaseNotes::LastRehearsal(std::string_view component) const {
  auto text = files_.ReadFile(RehearsalPath(component), kMaxSize);
  auto json = text ? Json::ParseStored(*text) : Result<Json>(text.error());
  auto rehearsal = json ? RehearsalFromJson(*json) : Result<Rehearsal>(json.error());
  return rehearsal ? std::optional(*std::move(rehearsal)) : std::nullopt;
}

}  // namespace ignite::handlers
