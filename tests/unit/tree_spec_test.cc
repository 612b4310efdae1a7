#include "payload-format/tree/tree_spec.h"

#include <gmock/gmock.h>

#include "payload-format/manifest/unit_name.h"
#include "payload-format/tree/table.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

TreeSpec SampleSpec() {
  TreeSpec spec;
  spec.path = "/opt/netprobe/web";
  spec.units = {"systemd/netprobe-web.service", "cron.service"};
  spec.links = {{"nginx/web.conf", "/etc/nginx/conf.d/web.conf"}};
  spec.allow = {"bin/ping"};
  spec.users = "u netprobe - \"Net probe\"\n";
  spec.owners = {"root"};
  spec.groups = {"root", "netprobe"};
  spec.entries = 12;
  spec.bytes = 8192;
  return spec;
}

/// The sample's JSON with one member replaced; removed where `value` is empty.
Json With(std::string_view key, std::string_view value) {
  Json copy = Json::EmptyObject();
  Json json = SampleSpec().ToJson();
  for (const auto& [name, old] : *json.AsObject()) {
    if (name != key) copy.Set(name, old);
  }
  if (!value.empty()) copy.Set(std::string(key), Must(Json::ParseStrict(value)));
  return copy;
}

TEST(TreeSpecTest, ComesBackFromItsJson) {
  TreeSpec spec = Must(TreeSpec::FromJson(SampleSpec().ToJson(), "app/web"));
  EXPECT_EQ(spec.ToJson(), SampleSpec().ToJson());
  EXPECT_EQ(spec.links.at(0).to, "/etc/nginx/conf.d/web.conf");
  EXPECT_EQ(spec.bytes, 8192u);
}

TEST(TreeSpecTest, SomeMembersMayBeAbsent) {
  for (const char* key : {"units", "allow", "owners", "groups"}) {
    EXPECT_THAT(TreeSpec::FromJson(With(key, ""), "app/web"), Succeeds()) << key;
  }
  for (const char* key : {"path", "users", "links", "entries", "bytes"}) {
    EXPECT_THAT(TreeSpec::FromJson(With(key, ""), "app/web"),
                FailsWith(ErrorCode::kCorrupt, "is missing"))
        << key;
  }
}

TEST(TreeSpecTest, RefusesWrongValues) {
  const std::vector<std::pair<const char*, std::vector<const char*>>> wrong = {
      {"path",
       {R"("")", R"("/")", R"("opt")", R"("/opt/")", R"("/opt/../etc")", R"("/a//b")", R"("/a\n")",
        "1"}},
      {"units",
       {R"("a.service")", R"([1])", R"(["a"])", R"(["../a.service"])", R"(["/a.service"])",
        R"(["d/.service"])"}},
      {"links",
       {"{}", "[1]", R"([{"from":"a"}])", R"([{"from":"../a","to":"/b"}])",
        R"([{"from":"a","to":"b"}])", R"([{"from":"a","to":"/"}])",
        R"([{"from":"a","to":"/b","extra":1}])"}},
      {"allow", {R"("a")", "[1]", R"([""])", R"(["../a"])"}},
      {"users", {"1", R"("a\u0007")", R"("\u001b[0m")", R"("é")"}},
      {"owners", {"[1]", "{}"}},
      {"groups", {"[1]", "{}"}},
      {"entries", {"0", "-1", "1048577", R"("1")"}},
      {"bytes", {"-1", R"("1")"}},
      {"extra", {"1"}},
  };
  for (const auto& [key, values] : wrong) {
    for (const char* value : values) {
      EXPECT_THAT(TreeSpec::FromJson(With(key, value), "app/web"), FailsWith(ErrorCode::kCorrupt))
          << key << " " << value;
    }
  }
  EXPECT_THAT(TreeSpec::FromJson(Json::EmptyArray(), "app/web"), FailsWith(ErrorCode::kCorrupt));
}

TEST(TreeSpecTest, TheTextForSysusersHasALimit) {
  TreeSpec spec = SampleSpec();
  spec.users = std::string(16 * 1024, '#');
  EXPECT_THAT(TreeSpec::FromJson(spec.ToJson(), "app/web"), Succeeds());
  spec.users += '#';
  EXPECT_THAT(TreeSpec::FromJson(spec.ToJson(), "app/web"), FailsWith(ErrorCode::kCorrupt));
}

TEST(TreeSpecTest, TheOperatingSystemHasNoPlaceOfItsOwn) {
  TreeSpec spec = SampleSpec();
  spec.path.clear();
  EXPECT_EQ(spec.ToJson().AsObject()->size(), 4u);
  TreeSpec back = Must(TreeSpec::FromJson(spec.ToJson(), kOperatingSystem));
  EXPECT_EQ(back.entries, 12u);
  EXPECT_EQ(back.bytes, 8192u);
  EXPECT_EQ(back.groups, SampleSpec().groups);
  EXPECT_THAT(TreeSpec::FromJson(spec.ToJson(), "app/web"), FailsWith(ErrorCode::kCorrupt));
  EXPECT_THAT(TreeSpec::FromJson(SampleSpec().ToJson(), kOperatingSystem),
              FailsWith(ErrorCode::kCorrupt, "unknown"));
}

TEST(TreeSpecTest, TheOperatingSystemKnowsItsAccountsById) {
  EXPECT_EQ(ParseAccountId("0"), 0u);
  EXPECT_EQ(ParseAccountId("4294967294"), 4294967294u);
  for (const char* wrong : {"", "00", "01", "-1", "+1", "root", "1x", "4294967295", "9999999999"})
    EXPECT_EQ(ParseAccountId(wrong), std::nullopt) << wrong;
  TreeSpec spec;
  spec.owners = spec.groups = {"0", "web"};
  TreeEntry entry;
  entry.type = EntryType::kFile;
  entry.path = "bin/su";
  entry.owner = entry.group = "0";
  entry.mode = 04755;
  auto rules = spec.Rules(std::string(kOperatingSystem));
  EXPECT_EQ(rules->Objection(entry), std::nullopt) << "it needs no permission";
  entry.group = "web";
  EXPECT_THAT(rules->Objection(entry).value_or(""), testing::HasSubstr("no ids"));
  EXPECT_NE(spec.Rules("app/web")->Objection(entry), std::nullopt);
}

TEST(TreePathTest, IsRelativeAndNormalised) {
  for (const char* path : {"", "a", "a/b", "...", ".hidden", "a b", "\xff"})
    EXPECT_TRUE(IsTreePath(path)) << path;
  for (const char* wrong : {"/", "/a", "a/", "a//b", ".", "..", "a/.", "a/..", "./a", "../a"}) {
    EXPECT_FALSE(IsTreePath(wrong)) << wrong;
  }
  EXPECT_FALSE(IsTreePath(std::string_view("a\0b", 3)));
}

TEST(ProbePathTest, IsAbsoluteNormalisedAndPrintable) {
  for (const char* path : {"/a", "/opt/netprobe/web", "/a b"})
    EXPECT_TRUE(IsProbePath(path)) << path;
  for (const char* wrong :
       {"", "/", "a", "//a", "/a/", "/a/../b", "/.", "/a\n", "/caf\xc3\xa9", "/\x7f"}) {
    EXPECT_FALSE(IsProbePath(wrong)) << wrong;
  }
}

TEST(UnitNameTest, HasAKnownSuffixAndNoPath) {
  for (const char* name : {"a.service", "a@b.service", "dev-sda\\x2d.mount", "a.timer", "a.socket",
                           "a.path", "a.target"}) {
    EXPECT_TRUE(IsUnitName(name)) << name;
  }
  for (const char* wrong : {"", ".service", "a", "a.slice", "a/b.service", "-a.service",
                            ".a.service", "a b.service", "a.service\n", "a.service "}) {
    EXPECT_FALSE(IsUnitName(wrong)) << wrong;
  }
  EXPECT_FALSE(IsUnitName(std::string(250, 'a') + ".service"));
}

}  // namespace
}  // namespace ignite::format
