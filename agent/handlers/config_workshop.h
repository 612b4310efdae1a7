// Where a configuration is made: a copy that the programs of a payload may change, before it
// becomes a release.
//
// The programs run one after another as an account that may do nothing else: it can write to the
// copy and to a folder for temporary files, has no network, and 60 s for each, and is ended where
// it fills the disk. The copy belongs to that account meanwhile. In the release what existed has
// its owner and mode again, what is new those of its folder.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/engine/handler.h"
#include "agent/engine/plan.h"
#include "agent/engine/probe_paths.h"
#include "base/file_system.h"
#include "base/process.h"
#include "payload-format/crypto/key.h"

namespace ignite::handlers {

inline constexpr std::chrono::seconds kProgramTimeLimit{60};

class ConfigWorkshop {
 public:
  ConfigWorkshop(FileSystem& files, Process& process, const engine::ProbePaths& paths,
                 const std::vector<format::PrivateKey>& identities)
      : files_(files), process_(process), paths_(paths), identities_(identities) {}

  struct Job {
    const engine::ComponentRecord& record;  ///< What is made.
    std::string source;  ///< Host path of the configuration to begin with; empty for none.
    std::vector<std::string> programs;  ///< Host paths, in their order.
    std::string release;                ///< Host path of the folder that it becomes.
    engine::Watch watch;                ///< kCancelled where it wants no more.
  };
  /// An Error leaves no release; what it leaves of the copy, the next call or Discard removes.
  Result<> Make(const Job& job);
  Result<> Discard(const engine::ComponentRecord& record);
  /// kRefused where the probe lacks the account, so that the programs run as nobody.
  Result<> CheckAccount() const;

 private:
  std::string Home(const engine::ComponentRecord& record) const;
  /// The facts of the probe, which every program gets on its standard input.
  Result<Json> Facts(const engine::ComponentRecord& record) const;
  Result<Confinement> Account() const;
  Result<> Fill(const std::string& source, const std::string& copy, const Confinement& account);
  Result<> Run(const std::string& program, const Job& job, const Confinement& account);
  Result<> Publish(const std::string& copy, const Job& job);

  FileSystem& files_;
  Process& process_;
  const engine::ProbePaths& paths_;
  const std::vector<format::PrivateKey>& identities_;
};

}  // namespace ignite::handlers
