// Runs every target on every file of its corpus: what was once found stays found, in every test
// run and without libFuzzer.
//
// usage: ignite-fuzz-replay CORPUS [TARGET]    CORPUS has a folder for each target

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/file_system.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

constexpr size_t kMaxInput = 16 * 1024 * 1024;
constexpr size_t kMaxPath = 4096;

/// The number of files; 0 where there is no corpus. `current` gets the path of each before it runs.
size_t Replay(FileSystem& files, const std::string& folder, const Target& target, char* current) {
  size_t count = 0;
  for (const std::string& name : Promised(files.List(folder), "a corpus can be listed")) {
    std::string input =
        Promised(files.ReadFile(folder + "/" + name, kMaxInput), "an input can be read");
    (void)snprintf(current, kMaxPath, "%s/%s", folder.c_str(), name.c_str());
    target.Run(AsBytes(input));
    ++count;
  }
  current[0] = '\0';
  return count;
}

int Run(const std::string& corpus, std::string_view only, char* current) {
  auto files = MakePosixFileSystem();
  size_t replayed = 0;
  for (const Target* target : Targets()) {
    std::string name(target->name());
    if (!only.empty() && only != name) continue;
    size_t count = Replay(*files, corpus + "/" + name, *target, current);
    if (count == 0) {
      (void)fprintf(stderr, "there is no corpus in %s/%s\n", corpus.c_str(), name.c_str());
      return EXIT_FAILURE;
    }
    (void)printf("%-12s %5zu inputs\n", name.c_str(), count);
    ++replayed;
  }
  // A corpus whose target is gone would never be looked at again.
  size_t folders = Promised(files->List(corpus), "the corpora can be listed").size();
  if (replayed == 0 || (only.empty() && folders != replayed)) {
    (void)fprintf(stderr, "%zu targets, but %zu corpora in %s\n", replayed, folders,
                  corpus.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

/// In a child, so that somebody is left to say which input ended it.
int RunInChild(const std::string& corpus, std::string_view only) {
  void* shared = mmap(nullptr, kMaxPath, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return EXIT_FAILURE;
  char* current = static_cast<char*>(shared);
  pid_t child = fork();
  if (child == 0) return Run(corpus, only, current);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return EXIT_FAILURE;
  if (current[0] != '\0') (void)fprintf(stderr, "it was the input %s\n", current);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

}  // namespace
}  // namespace ignite::fuzz

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    (void)fprintf(stderr, "usage: ignite-fuzz-replay CORPUS [TARGET]\n");
    return 2;
  }
  return ignite::fuzz::RunInChild(argv[1], argc == 3 ? argv[2] : "");
}
