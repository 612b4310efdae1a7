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

Result<Replaced> ReplacedFromJson(const Json& json) {
  JsonFields fields(json, "replaced");
  Replaced replaced;
  replaced.change = fields.String("change");
  replaced.since = fields.Integer("since", -Json::kMaxInteger, Json::kMaxInteger);
  replaced.file = fields.String("file");
  replaced.why = fields.String("why");
  TRY(fields.Finish());
  return replaced;
}

Result<Server> ServerFromJson(const Json& json) {
  JsonFields fields(json, "server");
  Server server;
  server.major = fields.Integer("major", 0, Json::kMaxInteger);
  TRY(fields.Finish());
  return server;
}

template <class Note>
std::optional<Note> ReadNote(FileSystem& files, const std::string& path,
                             Result<Note> (*parse)(const Json&)) {
  auto text = files.ReadFile(path, kMaxSize);
  auto json = text ? Json::ParseStored(*text) : Result<Json>(text.error());
  auto note = json ? parse(*json) : Result<Note>(json.error());
  return note ? std::optional(*std::move(note)) : std::nullopt;
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
  return ReadNote<Rehearsal>(files_, RehearsalPath(component), RehearsalFromJson);
}

std::string DatabaseNotes::ReplacedPath(std::string_view component) const {
  return Folder(component) + "/replaced.json";
}

void DatabaseNotes::Write(std::string_view component, const Replaced& replaced) {
  Json json = Json::EmptyObject();
  json.Set("change", replaced.change).Set("since", replaced.since);
  json.Set("file", replaced.file).Set("why", replaced.why);
  (void)files_.WriteAtomically(ReplacedPath(component), AsBytes(json.Dump()), kPrivate);
}

std::optional<Replaced> DatabaseNotes::LastReplaced(std::string_view component) const {
  return ReadNote<Replaced>(files_, ReplacedPath(component), ReplacedFromJson);
}

void DatabaseNotes::ForgetReplaced(std::string_view component, std::string_view change) {
  auto last = LastReplaced(component);
  if (last && last->change == change) (void)files_.RemoveFile(ReplacedPath(component));
}

std::string DatabaseNotes::ServerPath(std::string_view component) const {
  return Folder(component) + "/server.json";
}

void DatabaseNotes::Write(std::string_view component, const Server& server) {
  Json json = Json::EmptyObject();
  json.Set("major", server.major);
  (void)files_.WriteAtomically(ServerPath(component), AsBytes(json.Dump()), kPrivate);
}

std::optional<Server> DatabaseNotes::LastServer(std::string_view component) const {
  return ReadNote<Server>(files_, ServerPath(component), ServerFromJson);
}

}  // namespace ignite::handlers
