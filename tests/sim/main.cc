// The simulation of the transaction engine.
//
//   ignite-simulation SEED COUNT [CONTROL]   stories, one for each seed from SEED on
//   ignite-simulation seam FIRST STEP [CONTROL]   the fault seam: every STEP-th point from FIRST on
//   ignite-simulation controls                    the names of the negative controls
//
// Ends with 1 at the first story that breaks a promise, and tells it; a single story is always
// told. With a negative control it must find one: then it ends with 0, and with 1 where it finds
// none.
#include <sqlite3.h>

#include <exception>
#include <iostream>

#include "base/ini.h"
#include "tests/sim/seam.h"
#include "tests/sim/story.h"

namespace ignite::sim {
namespace {

int Usage() {
  std::cerr << "usage: ignite-simulation SEED COUNT [CONTROL]\n"
               "       ignite-simulation seam FIRST STEP [CONTROL]\n"
               "       ignite-simulation controls\n";
  return 2;
}

void Print(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::cout << "  " << line << "\n";
}

/// Whether all promises are kept; else `broken` says which is not.
template <class Play>
bool KeepsPromises(Play play, std::string& broken) {
  try {
    play();
    return true;
  } catch (const Violation& violation) {
    broken = violation.what;
  } catch (const std::exception& exception) {
    broken = exception.what();
  }
  return false;
}

struct Order {
  bool is_seam = false;
  uint64_t first = 0;
  uint64_t count = 0;
  Control control = Control::kNone;
};

bool PlayStories(const Order& order, Tally& tally) {
  Pool pool;
  RealFolder folder;
  for (uint64_t seed = order.first; seed < order.first + order.count; ++seed) {
    Story story(pool, folder, seed, order.control, tally);
    std::string broken;
    bool is_good = KeepsPromises([&] { story.Run(); }, broken);
    if (!is_good) std::cout << "seed " << seed << ": " << broken << "\n";
    if (order.count == 1 || (!is_good && order.control == Control::kNone)) Print(story.told());
    if (!is_good) std::cout << "again: ignite-simulation " << seed << " 1\n";
    if (!is_good) return false;
  }
  std::cout << order.count << " stories: " << tally.operations << " operations, "
            << tally.recoveries << " recoveries, " << tally.faults << " with failing calls, "
            << tally.kills << " kills, " << tally.cuts << " power cuts; " << tally.committed
            << " committed, " << tally.rolled_back << " rolled back, " << tally.stuck
            << " stuck for a while\n";
  return true;
}

bool PlaySeam(const Order& order, Tally& tally) {
  Pool pool;
  RealFolder folder;
  auto count = Seam(pool, folder, order.control, tally).Run(order.first, order.count);
  if (!count) return false;
  std::cout << count->errors << " errors, " << count->deaths << " deaths, " << count->compound
            << " of them again with a second in the recovery\n";
  return true;
}

int Run(int count, char** words) {
  // There is one thread, and nobody asks how much memory SQLite has.
  (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
  (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  if (count == 2 && std::string_view(words[1]) == "controls") {
    for (const NamedControl& named : kControls) std::cout << named.name << "\n";
    return 0;
  }
  Order order;
  int at = 1;
  if (count > 1 && std::string_view(words[1]) == "seam") {
    order.is_seam = true;
    ++at;
  }
  if (count != at + 2 && count != at + 3) return Usage();
  auto first = ParseNumber(words[at]);
  auto number = ParseNumber(words[at + 1]);
  if (!first || !number || *number == 0) return Usage();
  order.first = *first;
  order.count = *number;
  for (const NamedControl& named : kControls) {
    if (count == at + 3 && named.name == words[at + 2]) order.control = named.control;
  }
  if (count == at + 3 && order.control == Control::kNone) return Usage();
  LoseInJournal(order.control);
  Tally tally;
  bool is_good = order.is_seam ? PlaySeam(order, tally) : PlayStories(order, tally);
  return is_good == (order.control == Control::kNone) ? 0 : 1;
}

}  // namespace
}  // namespace ignite::sim

int main(int count, char** words) { return ignite::sim::Run(count, words); }
