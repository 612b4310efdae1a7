// docs/state-machine.md is made from the table: the test says what the page must hold, and with
// IGNITE_WRITE_DOCUMENTS set it writes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "agent/engine/states.h"
#include "base/str_cat.h"

namespace ignite::engine {
namespace {

constexpr std::string_view kLine = "\n---\n";

std::string Path() { return std::string(IGNITE_SOURCE_DIR) + "/docs/state-machine.md"; }

template <class Work>
void ForEachMove(Work work) {
  for (int from = 0; from < kStateCount; ++from) {
    for (int event = 0; event < kEventCount; ++event) {
      auto state = static_cast<State>(from);
      if (auto to = NextState(state, static_cast<Event>(event)))
        work(state, static_cast<Event>(event), *to);
    }
  }
}

/// Mermaid takes no '-' in the name of a state.
std::string Box(State state) {
  std::string name(StateName(state));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string Diagram() {
  std::string text =
      StrCat("```mermaid\nstateDiagram-v2\n    [*] --> ", Box(State::kReceived), "\n");
  ForEachMove([&](State from, Event event, State to) {
    text += StrCat("    ", Box(from), " --> ", Box(to), ": ", EventName(event), "\n");
  });
  for (int i = 0; i < kStateCount; ++i) {
    if (IsFinal(static_cast<State>(i)))
      text += StrCat("    ", Box(static_cast<State>(i)), " --> [*]\n");
  }
  return text + "```\n";
}

std::string Table() {
  std::string text = "| state | event | next |\n|---|---|---|\n";
  int moves = 0;
  ForEachMove([&](State from, Event event, State to) {
    ++moves;
    text +=
        StrCat("| `", StateName(from), "` | ", EventName(event), " | `", StateName(to), "` |\n");
  });
  return StrCat(text, "\n", moves, " moves; the other ", kStateCount * kEventCount - moves,
                " of the ", kStateCount * kEventCount,
                " pairs of a state and an event are bugs, and end in an internal error.\n");
}

std::string ReadPage() {
  std::ifstream file(Path());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(StateMachineDocumentTest, IsMadeFromTheTable) {
  std::string page = ReadPage();
  size_t line = page.find(kLine);
  ASSERT_NE(line, std::string::npos) << Path();
  std::string wanted = StrCat(page.substr(0, line + kLine.size()), "\n", Diagram(), "\n", Table());
  if (std::getenv("IGNITE_WRITE_DOCUMENTS") != nullptr) std::ofstream(Path()) << wanted;
  EXPECT_EQ(page, wanted) << "set IGNITE_WRITE_DOCUMENTS=1 and run this test to write it anew";
}

TEST(StateMachineDocumentTest, ExplainsEveryState) {
  std::string page = ReadPage();
  for (int i = 0; i < kStateCount; ++i) {
    std::string row = StrCat("\n| `", StateName(static_cast<State>(i)), "` | ");
    EXPECT_LT(page.find(row), page.find(kLine)) << row;
  }
}

}  // namespace
}  // namespace ignite::engine
