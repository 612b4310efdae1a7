#include "base/translation.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "agent/outbox/words.h"
#include "base/error.h"

namespace ignite {
namespace {

using testing::EndsWith;

TEST(TranslationTest, SaysATextInFrenchAndOneOfNoCatalogInEnglish) {
  PrepareTranslation();
  EXPECT_EQ(Speaker(Language::kFrench)("refused"), "refusé");
  EXPECT_EQ(Speaker(Language::kEnglish)("refused"), "refused");
  EXPECT_EQ(Speaker(Language::kFrench)("a text of no catalog"), "a text of no catalog");
}

/// Logs, causes and the JSON documents are English, whichever languages the machine has.
TEST(TranslationTest, LeavesTheTextsOfTheSystemAlone) {
  PrepareTranslation();
  EXPECT_NE(Speaker(Language::kFrench)("refused"), "refused");
  EXPECT_THAT(SystemError("opening a", ENOENT).cause, EndsWith("No such file or directory"));
}

TEST(TranslationTest, SizesAreOfTheLanguage) {
  PrepareTranslation();
  EXPECT_EQ(outbox::SizeWords(Speaker(Language::kFrench), 51'300'000), "51,3 Mo");
  EXPECT_EQ(outbox::SizeWords(Speaker(Language::kFrench), 12), "12 octets");
  EXPECT_EQ(outbox::SizeWords(Speaker(Language::kEnglish), 51'300'000), "51.3 MB");
}

TEST(TranslationTest, EveryStateHasAWord) {
  PrepareTranslation();
  Speaker say(Language::kFrench);
  for (int state = 0; state < engine::kStateCount; ++state) {
    std::string_view name = engine::StateName(static_cast<engine::State>(state));
    EXPECT_NE(outbox::StateWord(say, name), name);
  }
}

}  // namespace
}  // namespace ignite
