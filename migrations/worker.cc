#include "migrations/worker.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::migrations {
namespace {

constexpr std::string_view kWorkerArgument = "--migration-worker";
/// A rehearsal of a large database takes its time; who waits may cancel.
constexpr std::chrono::hours kTimeout{6};
/// White space to whoever parses the answer.
constexpr char kStepBegins[] = "\n";
constexpr size_t kMaxAnswer = size_t{256} * 1024 * 1024;

Json ToJson(const Error& error) {
  Json json = Json::EmptyObject();
  return json.Set("code", ErrorCodeName(error.code))
      .Set("cause", error.cause)
      .Set("remedy", error.remedy);
}

Json ToJson(const Fingerprint& fingerprint) {
  Json json = Json::EmptyObject();
  return json.Set("schema", fingerprint.schema)
      .Set("tables", Json::StringArray(fingerprint.tables));
}

std::string AllOfStandardInput() {
  std::string text;
  std::array<char, 65536> buffer{};
  for (ssize_t got = 0; (got = read(STDIN_FILENO, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<size_t>(got));
  return text;
}

/// The answer to one request: a document, null where there is nothing to tell.
Result<Json> Answer(std::string_view request) {
  Json json = TRY(Json::ParseStored(request));
  JsonFields fields(json, "request");
  std::string verb = fields.String("verb");
  auto engine = ParseEngine(fields.String("engine"));
  std::string address = fields.String("address");
  std::string path = fields.String("path", "");
  auto room = static_cast<uint64_t>(fields.Integer("room", 0, Json::kMaxInteger, 0));
  const Json* move = fields.Optional("move");
  TRY(fields.Finish());
  auto tell = [] { (void)WriteAll(STDOUT_FILENO, AsBytes(kStepBegins), "a line"); };
  auto database = OpenDatabase(engine.value_or(Engine::kSqlite), address, tell);
  if (verb == "read") return migrations::ToJson(TRY(database->Read()));
  if (verb == "examine") return ToJson(TRY(database->Examine()));
  if (verb == "run") TRY(database->Run(TRY(MoveFromJson(move == nullptr ? Json() : *move))));
  if (verb == "snapshot") TRY(database->Snapshot(path));
  if (verb == "restore") TRY(database->Restore(path));
  if (verb == "copy") return migrations::ToJson(TRY(database->MakeCopy(path, room)));
  if (verb == "drop-copy") TRY(database->DropCopy(path));
  return Json();
}

class DatabaseOfWorker : public Database {
 public:
  DatabaseOfWorker(Process& process, WorkerAccount account, WatchWork watch)
      : process_(process), account_(std::move(account)), watch_(std::move(watch)) {}

  Result<DatabaseState> Read() override { return StateFromJson(TRY(Ask(Request("read")))); }
  Result<> Run(const Move& move) override {
    return AskForNothing(std::move(Request("run").Set("move", migrations::ToJson(move))));
  }
  Result<> Snapshot(const std::string& path) override {
    return AskForNothing(std::move(Request("snapshot").Set("path", path)));
  }
  Result<> Restore(const std::string& path) override {
    return AskForNothing(std::move(Request("restore").Set("path", path)));
  }
  Result<Copy> MakeCopy(const std::string& address, uint64_t room) override {
    Json request = Request("copy");
    request.Set("path", address).Set("room", std::min<uint64_t>(room, Json::kMaxInteger));
    return CopyFromJson(TRY(Ask(request)));
  }
  Result<> DropCopy(const std::string& address) override {
    return AskForNothing(std::move(Request("drop-copy").Set("path", address)));
  }
  Result<Fingerprint> Examine() override {
    Json answer = TRY(Ask(Request("examine")));
    JsonFields fields(answer, "fingerprint");
    Fingerprint fingerprint{fields.String("schema"), fields.Strings("tables")};
    TRY(fields.Finish());
    return fingerprint;
  }

 private:
  Json Request(std::string_view verb) const {
    Json json = Json::EmptyObject();
    json.Set("verb", verb).Set("engine", EngineName(account_.engine));
    return json.Set("address", account_.address);
  }

  Result<> AskForNothing(const Json& request) {
    TRY(Ask(request));
    return {};
  }

  Result<Json> Ask(const Json& request) {
    std::string text = request.Dump();
    Command command;
    // Itself, also where an update has put another program in its place meanwhile.
    command.arguments = {"/proc/self/exe", std::string(kWorkerArgument)};
    command.timeout = kTimeout;
    command.output_limit = kMaxAnswer;
    command.confinement = Confinement{.uid = account_.uid, .gid = account_.gid, .network = true};
    command.input.assign(AsBytes(text).begin(), AsBytes(text).end());
    size_t begun = 0;
    if (watch_) {
      command.watch = [&](std::string_view output) {
        begun += static_cast<size_t>(std::count(output.begin(), output.end(), kStepBegins[0]));
        return watch_(begun);
      };
    }
    Outcome outcome = TRY(process_.Run(command));
    if (outcome.stopped) {
      return Error{ErrorCode::kCancelled,
                   StrCat("the work on ", Printable(account_.address), " was stopped"),
                   "start it again"};
    }
    auto answer = Json::ParseStored(outcome.output);
    const Json* done = answer ? answer->Find("done") : nullptr;
    if (done != nullptr) return *done;
    const Json* error = answer ? answer->Find("error") : nullptr;
    if (error != nullptr) return ErrorFrom(*error);
    return Error{ErrorCode::kIo,
                 StrCat("the migration of ", Printable(account_.address), " ended with exit code ",
                        outcome.exit_code, outcome.timed_out ? ", for it took too long" : "",
                        outcome.output.empty() ? "" : ": ", Printable(outcome.output)),
                 "see the log of the machine, then try again"};
  }

  static Error ErrorFrom(const Json& json) {
    JsonFields fields(json, "error");
    auto code = ParseErrorCode(fields.String("code"));
    return {code.value_or(ErrorCode::kIo), fields.String("cause"), fields.String("remedy")};
  }

  Process& process_;
  WorkerAccount account_;
  WatchWork watch_;
};

}  // namespace

bool IsWorker(const std::vector<std::string>& arguments) {
  return arguments.size() == 1 && arguments[0] == kWorkerArgument;
}

int RunWorker() {
  auto answer = Answer(AllOfStandardInput());
  Json document = Json::EmptyObject();
  if (answer) {
    document.Set("done", *std::move(answer));
  } else {
    document.Set("error", ToJson(answer.error()));
  }
  std::string text = document.Dump();
  return WriteAll(STDOUT_FILENO, AsBytes(text), "the answer") ? 0 : 1;
}

std::unique_ptr<Database> MakeDatabaseOfWorker(Process& process, WorkerAccount account,
                                               WatchWork watch) {
  return std::make_unique<DatabaseOfWorker>(process, std::move(account), std::move(watch));
}

}  // namespace ignite::migrations
