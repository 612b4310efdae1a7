#include "payload-format/manifest/health_spec.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;

bool IsValid(std::string_view type, std::string_view value) {
  return FindHealthType(type)->is_valid(value);
}

TEST(HealthSpecTest, KnowsThreeTypes) {
  for (const char* name : {"http", "tcp", "command"})
    EXPECT_NE(FindHealthType(name), nullptr) << name;
  EXPECT_EQ(FindHealthType("HTTP"), nullptr);
  EXPECT_EQ(FindHealthType(""), nullptr);
}

TEST(HealthSpecTest, AUrlIsHttpOrHttpsAndHasAHost) {
  EXPECT_TRUE(IsValid("http", "http://127.0.0.1:8080/healthz?a=b"));
  EXPECT_TRUE(IsValid("http", "https://h"));
  for (const char* wrong :
       {"", "http://", "ftp://h", "file:///etc/passwd", "h", "http:/h", " http://h", "http://h /",
        "http://h\n", "HTTP://h", "http://h\xc3\xa9"}) {
    EXPECT_FALSE(IsValid("http", wrong)) << wrong;
  }
}

TEST(HealthSpecTest, AnAddressIsAHostAndAPort) {
  auto plain = SplitAddress("localhost:80");
  EXPECT_EQ(plain->host, "localhost");
  EXPECT_EQ(plain->port, "80");
  EXPECT_EQ(SplitAddress("[::1]:8080")->host, "::1");
  EXPECT_EQ(SplitAddress("h:065535")->port, "65535");
  for (const char* wrong : {"", "h", ":80", "h:", "h:0", "h:65536", "h:-1", "h:80x", "h:http", "80",
                            "[]:80", "a b:80", "h\n:80"}) {
    EXPECT_FALSE(SplitAddress(wrong)) << wrong;
  }
}

TEST(HealthSpecTest, ACommandIsOneLineOfPrintableAscii) {
  EXPECT_TRUE(IsValid("command", "test -e /run/ready && echo 'a;b'"));
  for (const char* wrong : {"", "a\nb", "a\tb", "\x1b[0m", "caf\xc3\xa9", "\x7f"})
    EXPECT_FALSE(IsValid("command", wrong)) << wrong;
}

TEST(HealthSpecTest, TheSpecHasTheParameterOfItsTypeAndNothingElse) {
  const HealthType& tcp = *FindHealthType("tcp");
  auto parameter = [&](std::string_view json) {
    return HealthParameter(tcp, Must(Json::ParseStrict(json)));
  };
  EXPECT_EQ(Must(parameter(R"({"address":"h:1"})")), "h:1");
  EXPECT_EQ(Must(parameter(R"({"address":"h:1","x-note":1})")), "h:1");
  for (const char* wrong : {R"({})", R"([])", R"({"address":1})", R"({"address":"h"})",
                            R"({"url":"h:1"})", R"({"address":"h:1","url":"http://h"})"}) {
    EXPECT_THAT(parameter(wrong), FailsWith(ErrorCode::kCorrupt)) << wrong;
  }
}

}  // namespace
}  // namespace ignite::format
