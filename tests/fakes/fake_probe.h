// A probe for tests of the engine: a real root in a temporary folder with the real tree handler,
// and fakes for what lies outside of it: clock, services, health. Its bundles are made by the real
// writer.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/engine/engine.h"
#include "agent/handlers/handler_table.h"
#include "base/process.h"
#include "tests/fakes/fake_boot.h"
#include "tests/fakes/faulty_file_system.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::fakes {

/// Time passes only by sleeping.
class FakeClock : public Clock {
 public:
  int64_t WallSeconds() override { return 1'800'000'000 + now.count() / 1000; }
  Milliseconds BootTime() override { return now; }
  void Sleep(Milliseconds duration) override { now += duration; }

  Milliseconds now{1'000};
};

/// Knows which units run, and can be told to fail.
class FakeServices : public engine::Services {
 public:
  Result<> Stop(const std::vector<engine::Unit>& units) override;
  Result<> Publish(const std::vector<engine::Unit>& units) override;
  Result<> Start(const std::vector<engine::Unit>& units) override;
  Result<> CheckAnswer() override { return {}; }
  Result<> CheckRunning(const std::string& unit) override;

  std::set<std::string> running;
  std::vector<engine::Unit> published;
  int failing_starts = 0;  ///< So many of the next starts fail.
  int failing_stops = 0;
  std::vector<std::string> log;  ///< "stop a b", "start c"
};

/// A check is healthy unless it is named as failing. `type` "fake" is known, nothing else.
class FakeHealth : public engine::HealthChecker {
 public:
  bool Knows(std::string_view type) const override { return type == "fake"; }
  Result<> Attempt(const format::HealthCheckInfo& check, std::chrono::milliseconds limit) override;

  std::set<std::string> failing;
  std::map<std::string, int>
      failures_first;  ///< So many attempts of this check fail before it passes.
  int attempts = 0;
};

class FakeObserver : public engine::Observer {
 public:
  void OnProgress(const engine::Progress& progress) override { seen.push_back(progress); }
  engine::StopRequest Stop() override {
    return calls++ >= stop_after ? stop : engine::StopRequest::kNone;
  }

  std::vector<engine::Progress> seen;
  engine::StopRequest stop = engine::StopRequest::kNone;
  int stop_after = 0;
  int calls = 0;
};

/// One tree at /opt/web with a unit web.service, a link /etc/web.conf, and the file `content` in
/// version.txt.
struct BundleRecipe {
  std::string version = "1.0";
  uint64_t counter = 1;
  uint64_t bytes = 8192;  ///< What the manifest says that the tree takes on disk.
  uint32_t epoch = 1;
  std::string product = "netprobe";
  std::string compatible = "box";
  format::Kind kind = format::Kind::kProduct;
  std::vector<std::string> requirements;
  std::vector<std::string> reads;
  std::vector<std::string> checks = {"alive"};
  std::string component = "app/web";
  std::string path = "/opt/web";
  std::vector<std::string> owners = {"root"};
  std::vector<std::string> groups = {"root"};
  bool with_link = true;
  std::string image;  ///< Of an operating system with the same version; empty for none.
  /// Of the file `system` in an operating system as a tree, with a set-user-id bit; empty for none.
  std::string os_tree;
  bool os_tree_first = false;
};

class FakeProbe {
 public:
  FakeProbe();

  Result<engine::Verdict> Install(const BundleRecipe& recipe,
                                  engine::Origin origin = engine::Origin::kEngineer);
  Result<engine::Verdict> InstallBytes(const Bytes& bundle,
                                       engine::Origin origin = engine::Origin::kEngineer);
  Result<engine::Verdict> Rollback(std::optional<int64_t> to = std::nullopt);
  Result<std::optional<engine::Recovered>> Recover();
  /// Signed by release and qa.
  static Bytes Bundle(const BundleRecipe& recipe);
  static Bytes Bundle(const BundleRecipe& recipe,
                      const std::vector<const format::PrivateKey*>& signers);

  /// The version that a reader of the live tree sees; empty for none.
  std::string LiveVersion() const;
  /// The version that the journal says runs; empty for none.
  std::string RecordedVersion();
  std::string Path(std::string_view probe_path) const { return paths.Host(probe_path); }
  std::vector<std::string> Releases();
  engine::Journal OpenJournal();

  TemporaryDirectory folder;
  engine::ProbePaths paths;
  engine::Settings settings;
  std::unique_ptr<FileSystem> real_files = MakePosixFileSystem();
  FaultyFileSystem files;
  FakeClock clock;
  FakeServices services;
  FakeHealth health;
  FakeObserver observer;
  std::unique_ptr<Process> process = MakeSystemProcess();
  std::vector<format::PrivateKey> identities;
  FakeBoot boot;
  handlers::AllHandlers handlers;

  engine::Parts parts();
};

}  // namespace ignite::fakes
