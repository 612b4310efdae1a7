#include "base/base64.h"

#include <gtest/gtest.h>

namespace ignite {
namespace {

TEST(Base64Test, EncodesAsTheRfcDoes) {
  for (auto [plain, text] : {std::pair{"", ""},
                             {"f", "Zg=="},
                             {"fo", "Zm8="},
                             {"foo", "Zm9v"},
                             {"foobar", "Zm9vYmFy"},
                             {"\xff\xfe", "//4="}})
    EXPECT_EQ(ToBase64(AsBytes(plain)), text);
}

}  // namespace
}  // namespace ignite
