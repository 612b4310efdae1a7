#include "agent/engine/release_notes.h"

#include <gmock/gmock.h>

#include "base/utf8.h"

namespace ignite::engine {
namespace {

using testing::EndsWith;

std::vector<format::Note> Kept(std::vector<format::Note> notes) {
  format::Manifest manifest;
  manifest.notes = std::move(notes);
  return NotesToKeep(manifest);
}

TEST(ReleaseNotesTest, KeepsTheLanguagesOfTheOutboxAsTheyAre) {
  auto kept = Kept({{"de", "Neues"}, {"en", "News"}, {"fr", "Nouveautés"}});
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].text, "News");
  EXPECT_EQ(kept[1].text, "Nouveautés");
}

TEST(ReleaseNotesTest, ALongNoteEndsWithAWholeLine) {
  std::string lines;
  while (lines.size() <= kMaxNote) lines += "a line of it\n";
  std::string kept = Kept({{"en", lines}})[0].text;
  EXPECT_LE(kept.size(), kMaxNote);
  EXPECT_THAT(kept, EndsWith("a line of it\n[...]\n"));
}

TEST(ReleaseNotesTest, NoLetterIsCutInTwo) {
  for (std::string begin : {"", "a"}) {
    while (begin.size() <= kMaxNote) begin += "é";
    std::string kept = Kept({{"en", begin}})[0].text;
    EXPECT_LE(kept.size(), kMaxNote);
    EXPECT_TRUE(IsUtf8(kept));
  }
}

}  // namespace
}  // namespace ignite::engine
