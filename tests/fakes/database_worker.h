// The worker process of a database, without a database.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/process.h"
#include "migrations/step.h"
#include "tests/fakes/must.h"

namespace ignite::fakes {

/// Answers as a worker of migrations/worker.h would; the database and its copies are states.
class DatabaseWorker : public Process {
 public:
  explicit DatabaseWorker(FileSystem& files) : files_(files) {}

  Result<Outcome> Run(const Command& command) override {
    Json request = Must(Json::ParseStored(AsText(command.input)));
    asked.push_back(*request.Find("verb")->AsString());
    auto done = Answer(asked.back(), request);
    Json answer = Json::EmptyObject();
    if (done) {
      answer.Set("done", *done);
    } else {
      Json error = Json::EmptyObject();
      error.Set("code", ErrorCodeName(done.error().code)).Set("cause", done.error().cause);
      answer.Set("error", error.Set("remedy", ""));
    }
    return Outcome{0, answer.Dump()};
  }

  migrations::DatabaseState state;
  migrations::Copy copy;
  std::string fails;       ///< This verb does nothing.
  bool dies_late = false;  ///< The next restore is done, and nobody hears of it.
  std::vector<std::string> asked;

 private:
  Result<Json> Answer(const std::string& verb, const Json& request) {
    Error fault{ErrorCode::kIo, "an injected fault", ""};
    if (verb == fails) return fault;
    if (verb == "read") return ToJson(state);
    if (verb == "copy") return ToJson(copy);
    const std::string& path = *request.Find("path")->AsString();
    if (verb == "snapshot") TRY(files_.WriteAtomically(path, AsBytes(ToJson(state).Dump()), 0600));
    if (verb == "restore") {
      Json kept = TRY(Json::ParseStored(TRY(files_.ReadFile(path, 65536))));
      state = TRY(migrations::StateFromJson(kept));
      if (std::exchange(dies_late, false)) return fault;
    }
    return Json();
  }

  FileSystem& files_;
};

}  // namespace ignite::fakes
