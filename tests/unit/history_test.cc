#include "agent/engine/history.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::Must;
using testing::HasSubstr;
using testing::Optional;

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    Must(database_.Execute(kHistorySchema));
    for (const char* text : {R"({"id":1})", R"({"id":2})", R"({"id":3})"})
      Must(AppendHistory(database_, text));
  }
  std::vector<HistoryEntry> Entries() { return Must(ReadHistoryEntries(database_)); }

  Sqlite database_ = Must(Sqlite::Open(":memory:", Sqlite::Mode::kReadWriteCreate));
};

TEST_F(HistoryTest, EachEntryFollowsFromTheOneBefore) {
  EXPECT_EQ(FindHistoryFault(Entries()), std::nullopt);
  EXPECT_EQ(FindHistoryFault({}), std::nullopt);
  // printf '%s%s' "$(printf '0%.0s' {1..64})" '{"id":1}' | sha256sum
  EXPECT_EQ(Entries()[0].hash, "752a364a25d05f9c8b9924a7753ef7e91446857ac8cfb477059e10935892eed4");
}

TEST_F(HistoryTest, AnEntryThatWasChangedOrTakenOutShows) {
  auto changed = Entries();
  changed[1].text = R"({"id":9})";
  EXPECT_THAT(FindHistoryFault(changed), Optional(HasSubstr("entry 2")));
  auto gap = Entries();
  gap.erase(gap.begin() + 1);
  EXPECT_THAT(FindHistoryFault(gap), Optional(HasSubstr("entry 2 is missing")));
  auto renumbered = gap;
  renumbered[1].number = 2;
  EXPECT_THAT(FindHistoryFault(renumbered), Optional(HasSubstr("entry 2")));
}

TEST_F(HistoryTest, TheDatabaseRefusesEveryOtherWrite) {
  EXPECT_FALSE(database_.Execute("UPDATE history SET entry = '' WHERE number = 1"));
  EXPECT_FALSE(database_.Execute("DELETE FROM history WHERE number = 3"));
  EXPECT_EQ(Entries().size(), 3u);
}

TEST_F(HistoryTest, ALineOfTheExportIsTheEntryWithItsHash) {
  HistoryEntry entry = Entries()[0];
  EXPECT_EQ(HistoryLine(entry), "{\"id\":1,\"hash\":\"" + entry.hash + "\"}\n");
}

}  // namespace
}  // namespace ignite::engine
