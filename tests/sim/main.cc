// ignite-simulation SEED COUNT [CONTROL]: stories of a simulated probe, one for each seed from SEED
// on. Ends with 1 at the first that breaks a promise, and tells it. With a negative control it must
// find one: then it ends with 0, and with 1 where it finds none.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/ini.h"
#include "tests/sim/story.h"

namespace ignite::sim {
namespace {

int Usage() {
  std::fputs("usage: ignite-simulation SEED COUNT [CONTROL]\ncontrols:", stderr);
  for (const NamedControl& named : kControls)
    std::fprintf(stderr, " %s", std::string(named.name).c_str());
  std::fputs("\n", stderr);
  return 2;
}

bool Tell(const Pool& pool, const RealFolder& folder, uint64_t seed, Control control,
          Tally& tally) {
  Story story(pool, folder, seed, control, tally);
  std::string broken;
  try {
    story.Run();
    return true;
  } catch (const Violation& violation) {
    broken = violation.what;
  } catch (const std::exception& exception) {
    broken = exception.what();
  }
  if (control != Control::kNone) {
    std::printf("found by seed %llu: %s\n", static_cast<unsigned long long>(seed), broken.c_str());
    return false;
  }
  std::printf("seed %llu breaks a promise: %s\n", static_cast<unsigned long long>(seed),
              broken.c_str());
  for (const std::string& line : story.told()) std::printf("  %s\n", line.c_str());
  std::printf("again: ignite-simulation %llu 1\n", static_cast<unsigned long long>(seed));
  return false;
}

int Run(int count, char** words) {
  if (count != 3 && count != 4) return Usage();
  auto seed = ParseNumber(words[1]);
  auto runs = ParseNumber(words[2]);
  if (!seed || !runs) return Usage();
  Control control = Control::kNone;
  for (const NamedControl& named : kControls) {
    if (count == 4 && named.name == words[3]) control = named.control;
  }
  if (count == 4 && control == Control::kNone) return Usage();
  Pool pool;
  RealFolder folder;
  Tally tally;
  for (uint64_t i = 0; i < *runs; ++i) {
    if (!Tell(pool, folder, *seed + i, control, tally)) return control == Control::kNone ? 1 : 0;
  }
  std::printf(
      "%llu stories: %llu operations, %llu recoveries, %llu calls failed, %llu kills, "
      "%llu power cuts; %llu committed, %llu rolled back, %llu stuck for a while\n",
      static_cast<unsigned long long>(*runs), static_cast<unsigned long long>(tally.operations),
      static_cast<unsigned long long>(tally.recoveries),
      static_cast<unsigned long long>(tally.faults), static_cast<unsigned long long>(tally.kills),
      static_cast<unsigned long long>(tally.cuts), static_cast<unsigned long long>(tally.committed),
      static_cast<unsigned long long>(tally.rolled_back),
      static_cast<unsigned long long>(tally.stuck));
  return control == Control::kNone ? 0 : 1;
}

}  // namespace
}  // namespace ignite::sim

int main(int count, char** words) { return ignite::sim::Run(count, words); }
