#include "agent/handlers/config_handler.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/fakes/must.h"
#include "tests/fakes/scripted_process.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;

TEST(ConfigHandlerTest, AComparisonThatCouldNotBeMadeIsAnError) {
  fakes::TemporaryDirectory folder;
  for (const char* name : {"before", "after"}) {
    std::filesystem::create_directory(folder / name);
    std::ofstream(folder / name + "/main.conf") << name;
  }
  engine::ProbePaths paths(folder.path());
  auto files = MakePosixFileSystem();
  fakes::ScriptedProcess process;
  std::vector<format::PrivateKey> identities;
  ConfigHandler handler(*files, process, paths, identities);
  process.answer = Outcome{1, "-before\n+after\n", false};
  EXPECT_EQ(fakes::Must(handler.CompareVersions(folder / "before", folder / "after")),
            "-before\n+after\n");
  process.answer = Outcome{2, "diff: main.conf: Input/output error", false};
  EXPECT_THAT(handler.CompareVersions(folder / "before", folder / "after"),
              FailsWith(ErrorCode::kIo, "Input/output error"));
}

}  // namespace
}  // namespace ignite::handlers
