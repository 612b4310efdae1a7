// The commands of `ignite`: each gives what to print and the exit code. cli_main.cc parses, prints
// and ends.
#pragma once

#include <optional>
#include <string>

#include "agent/cli/licence.h"
#include "agent/cli/waiting_uploads.h"
#include "agent/engine/engine.h"
#include "base/json.h"

namespace ignite::cli {

struct Answer {
  Json document;     ///< For --json.
  std::string text;  ///< For a person.
  int exit_code = 0;
};

struct NamedBundle {
  std::unique_ptr<InputFile> file;
  std::string name;  ///< Without its folder.
};
/// kInvalidArgument where there is no such file.
Result<NamedBundle> OpenNamedBundle(FileSystem& files, const std::string& path);

Result<Answer> Install(const engine::Parts& parts, const std::string& path,
                       engine::Observer& observer);
Result<Answer> Rollback(const engine::Parts& parts, const engine::RollbackRequest& request,
                        engine::Observer& observer);
/// Deployment 1 of what the file describes.
Result<Answer> Adopt(const engine::Parts& parts, const std::string& path,
                     engine::Observer& observer);
/// The kept deployments, and what a return to each takes.
Result<Answer> Deployments(const engine::Parts& parts);
/// `at_boot`: before any unit has started.
Result<Answer> Recover(const engine::Parts& parts, bool at_boot, engine::Observer& observer);
/// What Install would do, without doing it.
Result<Answer> Plan(const engine::Parts& parts, const std::string& path);
/// What a cancel means in this state, for a person.
std::string CancelMeaning(engine::State state);
/// Waits until the running transaction is undone, or has ended before it could be. kRefused where
/// none runs.
Result<Answer> Cancel(const engine::Parts& parts, engine::Observer& observer);
/// Without a content id: of everything.
Result<Answer> Hold(const engine::Parts& parts, const std::optional<std::string>& content,
                    engine::Observer& observer);
Result<Answer> Unhold(const engine::Parts& parts, const std::optional<std::string>& content,
                      engine::Observer& observer);
/// Every byte of a bundle against this probe's keyring and identities.
/// `is_shown`: how far it is, on a terminal.
Result<Answer> VerifyBundle(const engine::Parts& parts, const std::string& path, bool is_shown);
/// `words`: history, diff [FROM [TO]], or show VERSION [FILE]. kInvalidArgument where a version is
/// meant and several components have it.
Result<Answer> Config(const engine::Parts& parts, const std::vector<std::string>& words,
                      const std::optional<std::string>& component);
/// The live releases against their file tables.
Result<Answer> VerifyLive(const engine::Parts& parts);

// These need no keys, and no write access.
/// What it takes to say what a probe runs.
struct View {
  FileSystem& files;
  const engine::ProbePaths& paths;
  Clock& clock;
  const engine::Settings& settings;
  engine::HandlerTable& handlers;
  engine::Boot& boot;
};
struct ProbeStatus {
  engine::Snapshot snapshot;
  std::optional<RunningLicence> licence;
  std::vector<WaitingUpload> waiting;
};
Result<ProbeStatus> TakeStatus(const View& view);
Json StatusDocument(const engine::Settings& settings, const ProbeStatus& status);
Result<Answer> Status(const View& view);
/// Follows the transaction that runs, whoever runs it, and ends as its install would have. kRefused
/// where it was interrupted and nobody goes on with it.
Result<Answer> Watch(FileSystem& files, const engine::ProbePaths& paths, Clock& clock,
                     bool is_shown);
/// kDone also where the licence has ended, or there is none.
Result<Answer> Licence(FileSystem& files, const engine::ProbePaths& paths, Clock& clock);
Result<Answer> History(const engine::ProbePaths& paths);
/// Whether each entry follows from those before it: kFailed where one does not.
Result<Answer> VerifyHistory(const engine::ProbePaths& paths);
/// A line for each entry, with its hash.
Result<Answer> ExportHistory(const engine::ProbePaths& paths);
Result<Answer> Show(const engine::ProbePaths& paths, int64_t transaction);

}  // namespace ignite::cli
