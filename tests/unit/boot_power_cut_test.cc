// The power is cut at every call of a verb, and what was not synced is lost in part.

#include <gtest/gtest.h>

#include "agent/boot/container_boot.h"
#include "agent/boot/grub_boot.h"
#include "agent/engine/slot_file.h"
#include "tests/fakes/grub_program.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/must.h"

namespace ignite::boot {
namespace {

using engine::Slot;
using engine::SlotChoice;
using fakes::Fate;
using fakes::MemoryDisk;
using fakes::Must;

class DiesAt : public fakes::CallWatch {
 public:
  Fate Next(std::string_view) override {
    ++calls;
    if (at != 0 && calls >= at) return {.kind = Fate::Kind::kDies};
    return {};
  }

  int calls = 0;
  int at = 0;
};

struct Machine {
  MemoryDisk disk;
  DiesAt watch;
  fakes::MemoryFileSystem files{disk, watch};
};

using MakeBackEnd = std::unique_ptr<engine::Boot> (*)(Machine& machine);

std::unique_ptr<engine::Boot> MakeContainer(Machine& machine) {
  Must(machine.files.MakeDirectories("/slots", 0755));
  return std::make_unique<ContainerBoot>(engine::ProbePaths("/"), std::chrono::minutes(30),
                                         machine.files);
}

std::unique_ptr<engine::Boot> MakeGrub(Machine& machine) {
  Must(machine.files.WriteAtomically("/grubenv", AsBytes(fakes::MakeGrubBlock("x=1\n")), 0644));
  return std::make_unique<GrubBoot>("/grubenv", "/proc/cmdline", machine.files);
}

struct Verb {
  const char* name;
  Result<> (*call)(engine::Boot& boot);
  Slot next;
};

/// In this order: the first one finds a new probe, and each the work of the one before.
const std::vector<Verb> kVerbs = {
    {"set-trial b", [](engine::Boot& boot) { return boot.SetTrial(Slot::kB, 3); }, Slot::kB},
    {"mark-bad b", [](engine::Boot& boot) { return boot.MarkBad(Slot::kB); }, Slot::kA},
    {"mark-good b", [](engine::Boot& boot) { return boot.MarkGood(Slot::kB); }, Slot::kB},
    {"set-trial a", [](engine::Boot& boot) { return boot.SetTrial(Slot::kA, 1); }, Slot::kA},
    {"mark-good b again", [](engine::Boot& boot) { return boot.MarkGood(Slot::kB); }, Slot::kB},
};

/// The verb number `last` is cut at its call number `at`. Whether it got that far.
bool CutAt(MakeBackEnd make, size_t last, int at, uint64_t seed) {
  Machine machine;
  auto boot = make(machine);
  for (size_t i = 0; i < last; ++i) Must(kVerbs[i].call(*boot));
  Slot before = *Must(boot->Next());
  const Verb& verb = kVerbs[last];

  machine.watch.calls = 0;
  machine.watch.at = at;
  bool done = false;
  try {
    Must(verb.call(*boot));
    done = true;
  } catch (const fakes::ProcessDied&) {
  }
  machine.watch.at = 0;
  fakes::Random random(seed);
  machine.disk.CutPower(done ? MemoryDisk::Cut::kKeepsNothing : MemoryDisk::Cut::kKeepsSome,
                        random);

  Slot after = *Must(boot->Next());
  EXPECT_TRUE(after == verb.next || (!done && after == before)) << verb.name << " at call " << at;
  Must(verb.call(*boot));
  EXPECT_EQ(*Must(boot->Next()), verb.next) << verb.name << " again";
  return !done;
}

class BootPowerCutTest : public testing::TestWithParam<MakeBackEnd> {};

TEST_P(BootPowerCutTest, LeavesOldOrNewAndTheVerbCanBeCalledAgain) {
  constexpr uint64_t kCuts = 50;
  for (size_t verb = 0; verb < kVerbs.size(); ++verb) {
    int calls = 0;
    for (bool was_cut = true; was_cut;) {
      ++calls;
      for (uint64_t seed = 1; seed <= kCuts; ++seed) was_cut = CutAt(GetParam(), verb, calls, seed);
    }
    EXPECT_GT(calls, 3) << "a verb opens, writes and syncs";
  }
}

INSTANTIATE_TEST_SUITE_P(BackEnds, BootPowerCutTest, testing::Values(MakeContainer, MakeGrub));

}  // namespace
}  // namespace ignite::boot
