#include "base/html.h"

#include <gtest/gtest.h>

namespace ignite {
namespace {

TEST(HtmlTest, NoTextBecomesMarkup) {
  EXPECT_EQ(Html::Text("<script>&\"'").code(), "&lt;script&gt;&amp;&quot;&#39;");
  EXPECT_EQ(Html::Element("p", Html::Text("</p>")).code(), "<p>&lt;/p&gt;</p>");
}

TEST(HtmlTest, LettersOfEveryLanguageStayAndControlCharactersDoNot) {
  EXPECT_EQ(Html::Text("état\n\x1b[31m\xff").code(), "état\n\\x1b[31m\\xff");
}

TEST(HtmlTest, AnElementHasItsAttributesInItsFirstTagAlone) {
  EXPECT_EQ(Html::Element("b", Html::Element("i", Html::Text("a")), "lang=\"en\"").code(),
            "<b lang=\"en\"><i>a</i></b>");
}

}  // namespace
}  // namespace ignite
