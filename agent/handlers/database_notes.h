// What the handler has seen of the database of a component, in small files beside its snapshots:
// for people alone, never read for a decision. What cannot be written is not known later, and what
// is damaged is as good as absent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/engine/probe_paths.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "migrations/step.h"

namespace ignite::handlers {

/// The last rehearsal that its steps passed, or that had no copy to try them on.
struct Rehearsal {
  std::string release;  ///< That was tried.
  migrations::Copy copy;
  uint64_t bytes = 0;  ///< Of the copy, with its steps applied.
  Clock::Milliseconds took{0};
};

/// A snapshot was restored: what the database was before is kept in a file, where that was
/// possible.
struct Replaced {
  std::string change;  ///< Names the change that did it: "FROM_to_TO".
  int64_t since = 0;   ///< When the snapshot was taken, in seconds since 1970.
  std::string file;    ///< In the folder of the component; empty where it could not be kept.
  std::string why;     ///< Then.
};

/// Which server had the database when another operating system was about to boot.
struct Server {
  int64_t major = 0;  ///< Its major version.
};

class DatabaseNotes {
 public:
  DatabaseNotes(FileSystem& files, const engine::ProbePaths& paths)
      : files_(files), paths_(paths) {}

  /// Host path of the folder of the snapshots and notes of a component.
  std::string Folder(std::string_view component) const;

  void Write(std::string_view component, const Rehearsal& rehearsal);
  std::optional<Rehearsal> LastRehearsal(std::string_view component) const;

  void Write(std::string_view component, const Replaced& replaced);
  std::optional<Replaced> LastReplaced(std::string_view component) const;
  /// What was noted of this change.
  void ForgetReplaced(std::string_view component, std::string_view change);

  void Write(std::string_view component, const Server& server);
  std::optional<Server> LastServer(std::string_view component) const;

 private:
  std::string ServerPath(std::string_view component) const;
  std::string ReplacedPath(std::string_view component) const;
  std::string RehearsalPath(std::string_view component) const;

  FileSystem& files_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
