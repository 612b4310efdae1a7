// ignited: the daemon of a probe. Runs in the foreground and logs to standard error.
#include <cstdio>

#include "agent/composition.h"
#include "agent/daemon.h"
#include "agent/log.h"
#include "base/arguments.h"
#include "base/translation.h"
#include "migrations/worker.h"

namespace ignite {
namespace {

const ProgramSpec& Program() {
  static const ProgramSpec kProgram = {
      "ignited",
      "watches the inbox of this probe and applies what is uploaded",
      {{"--root", "DIR", "work on the probe below this folder (/)"}},
      {},
      "Runs in the foreground until SIGTERM.\n"
      "exit codes: 0 ended; 1 failed; 2 wrong usage or configuration",
  };
  return kProgram;
}

Result<> Run(const Arguments& arguments) {
  engine::ProbePaths paths = TRY(ResolveRoot(arguments.Value("--root").value_or("/")));
  auto composition = Composition::Load(paths);
  if (composition) return Daemon(**composition).Run();
  // Whoever uploads sees nothing of this probe but its outbox.
  auto files = MakePosixFileSystem();
  auto clock = MakeSystemClock();
  (void)outbox::Outbox(*files, *clock, paths.Outbox()).WriteTrouble(composition.error());
  return std::move(composition).error();
}

int Main(const std::vector<std::string>& words) {
  auto arguments = ParseArguments(Program(), words);
  if (arguments && arguments->help())
    return std::fputs(HelpText(Program(), nullptr).c_str(), stdout) < 0;
  if (arguments && arguments->version()) return std::puts("ignited " IGNITE_VERSION) < 0;
  auto ended = arguments ? Run(*arguments) : Result<>(std::move(arguments).error());
  if (ended) return engine::exit_code::kDone;
  Log(ended.error().ToString());
  return engine::ExitCodeFor(ended.error());
}

}  // namespace
}  // namespace ignite

int main(int argc, char** argv) {
  ignite::PrepareTranslation();
  std::vector<std::string> words(argv + 1, argv + argc);
  return ignite::migrations::IsWorker(words) ? ignite::migrations::RunWorker()
                                             : ignite::Main(words);
}
