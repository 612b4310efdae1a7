#include "payload-format/manifest/manifest.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "payload-format/container/layout.h"
#include "payload-format/crypto/hash.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using testing::ElementsAre;

constexpr uint32_t kChunkSize = 4096;

Manifest SampleManifest() {
  Manifest manifest;
  manifest.kind = Kind::kServicePack;
  manifest.product = "netprobe";
  manifest.version = "4.2.1";
  manifest.counter = 40201;
  manifest.epoch = 1;
  manifest.compatible = "netprobe-x86_64";
  manifest.channel = "stable";
  manifest.requirements.push_back(Requirement::Parse("app/web >= 4.1").value());
  manifest.notes = {{"en", "Hello"}, {"fr", "Bonjour à tous"}};
  manifest.payloads.push_back(
      {"web", "tree", "app/web", "4.2.1", Json::EmptyObject().Set("path", "/opt/web"), {}});
  manifest.payloads[0].streams = {{100, Sha256(AsBytes("table"))},
                                  {4097, Sha256(AsBytes("content"))}};
  manifest.health.push_back(
      {"web", "http", 30'000, Json::EmptyObject().Set("url", "http://127.0.0.1/")});
  return manifest;
}

/// Chunks of the sample's streams: one, two.
constexpr uint64_t kChunks = 3;

/// The sample with one value replaced, or a member removed where `value` is empty. `path` is of
/// keys and indexes.
std::string With(const std::string& path, std::string_view value) {
  std::string text = SampleManifest().Serialize();
  Json json = Must(Json::ParseStrict(text));
  auto replace = [&](auto&& self, const Json& node, std::string_view rest) -> Json {
    size_t dot = rest.find('.');
    std::string_view key = rest.substr(0, dot);
    bool here = dot == std::string_view::npos;
    auto child = [&](const Json& old) {
      return here ? Must(Json::ParseStrict(value)) : self(self, old, rest.substr(dot + 1));
    };
    if (const Json::Array* array = node.AsArray()) {
      Json copy = Json::EmptyArray();
      for (size_t i = 0; i < array->size(); ++i)
        copy.Push(std::to_string(i) == key ? child((*array)[i]) : (*array)[i]);
      return copy;
    }
    Json copy = Json::EmptyObject();
    bool found = false;
    for (const auto& [name, old] : *node.AsObject()) {
      found |= name == key;
      if (name != key) copy.Set(name, old);
      if (name == key && !(here && value.empty())) copy.Set(name, child(old));
    }
    if (!found) copy.Set(std::string(key), Must(Json::ParseStrict(value)));
    return copy;
  };
  return replace(replace, json, path).Dump();
}

Result<Manifest> Parse(std::string_view text) { return Manifest::Parse(text, kChunkSize, kChunks); }

TEST(ManifestTest, ComesBackFromItsText) {
  std::string text = SampleManifest().Serialize();
  Manifest manifest = Must(Parse(text));
  EXPECT_EQ(manifest.Serialize(), text);
  EXPECT_EQ(manifest.kind, Kind::kServicePack);
  EXPECT_EQ(manifest.counter, 40201u);
  EXPECT_EQ(manifest.requirements.at(0).ToString(), "app/web >= 4.1");
  EXPECT_EQ(manifest.notes.at(1).text, "Bonjour à tous");
  EXPECT_EQ(manifest.payloads.at(0).streams.at(1).size, 4097u);
  EXPECT_EQ(*manifest.payloads.at(0).spec.Find("path")->AsString(), "/opt/web");
  EXPECT_EQ(manifest.health.at(0).timeout_ms, 30'000);
}

TEST(ManifestTest, EveryMemberIsNeededButTheListOfRequirements) {
  for (const char* path : {"kind",
                           "product",
                           "version",
                           "counter",
                           "epoch",
                           "compatible",
                           "channel",
                           "notes",
                           "payloads",
                           "health",
                           "payloads.0.name",
                           "payloads.0.type",
                           "payloads.0.component",
                           "payloads.0.version",
                           "payloads.0.spec",
                           "payloads.0.streams",
                           "payloads.0.streams.0.size",
                           "payloads.0.streams.0.digest",
                           "health.0.name",
                           "health.0.type",
                           "health.0.timeout-ms",
                           "health.0.spec"}) {
    EXPECT_THAT(Parse(With(path, "")), FailsWith(ErrorCode::kCorrupt, "is missing")) << path;
  }
  EXPECT_THAT(Parse(With("requires", "")), Succeeds());
}

TEST(ManifestTest, RefusesAKeyItDoesNotKnow) {
  for (const char* path :
       {"extra", "payloads.0.extra", "payloads.0.streams.0.extra", "health.0.extra"}) {
    EXPECT_THAT(Parse(With(path, "1")), FailsWith(ErrorCode::kCorrupt, "\"extra\" is unknown"))
        << path;
  }
  EXPECT_THAT(Parse(With("x-built-by", "\"me\"")), Succeeds()) << "x- is for people";
  EXPECT_THAT(Parse(With("payloads.0.x-note", "[1]")), Succeeds());
}

struct Wrong {
  const char* path;
  std::vector<const char*> values;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.path; }

class ManifestFieldTest : public testing::TestWithParam<Wrong> {};

TEST_P(ManifestFieldTest, RefusesAWrongValue) {
  for (const char* value : GetParam().values) {
    EXPECT_THAT(Parse(With(GetParam().path, value)), FailsWith(ErrorCode::kCorrupt)) << value;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ManifestFieldTest,
    testing::Values(Wrong{"kind", {"\"\"", "\"Product\"", "\"permit\"", "1", "null"}},
                    Wrong{"product", {"\"\"", "\"a b\"", "\"../x\"", "\".x\"", "1"}},
                    Wrong{"version", {"\"\"", "\"v1\"", "\"1 0\"", "1"}},
                    Wrong{"counter", {"-1", "\"1\"", "null", "true"}},
                    Wrong{"epoch", {"-1", "4294967296", "\"1\""}},
                    Wrong{"compatible", {"\"\"", "\"a/b\"", "[]"}},
                    Wrong{"channel", {"\"a b\"", "null", "1"}},
                    Wrong{"requires",
                          {"{}", "\"app/web >= 1\"", "[1]", "[\"app/web\"]", "[\"web >= 1\"]"}},
                    Wrong{"notes", {"[]", "\"text\"", "{\"en\":1}", "{\"en\":[]}", "null"}},
                    Wrong{"payloads", {"{}", "null", "[1]", "[[]]"}},
                    Wrong{"payloads.0.name", {"\"\"", "\"a/b\"", "1"}},
                    Wrong{"payloads.0.type", {"\"\"", "\"a b\"", "1"}},
                    Wrong{"payloads.0.component", {"\"web\"", "\"app/..\"", "\"\"", "1"}},
                    Wrong{"payloads.0.version", {"\"\"", "\"v1\"", "1"}},
                    Wrong{"payloads.0.spec", {"[]", "null", "\"\""}},
                    Wrong{"payloads.0.streams", {"{}", "null", "[1]", "[{}]"}},
                    Wrong{"payloads.0.streams.0.size", {"-1", "\"100\"", "null"}},
                    Wrong{"payloads.0.streams.0.digest",
                          {"\"\"", "\"00\"", "1",
                           "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""}},
                    Wrong{"payloads.0.reads",
                          {"{}", "null", "\"data/main 17\"", "[1]", "[{}]",
                           R"([{"component":"app/web","from":"1","to":"1"}])",
                           R"([{"component":"data/m","from":"","to":"1"}])",
                           R"([{"component":"data/m","from":"1","to":1}])",
                           R"([{"component":"data/m","from":"2","to":"1"}])",
                           R"([{"component":"data/m","from":"1","to":"1","more":1}])",
                           R"([{"component":"data/m","from":"1","to":"1"},)"
                           R"({"component":"data/m","from":"2","to":"2"}])"}},
                    Wrong{"health", {"{}", "null", "[1]"}}, Wrong{"health.0.name", {"\"\"", "1"}},
                    Wrong{"health.0.type", {"\"\"", "1"}},
                    Wrong{"health.0.timeout-ms", {"0", "-1", "86400001", "\"1s\""}},
                    Wrong{"health.0.spec", {"[]", "null"}}),
    [](const auto& test) {
      std::string name = test.param.path;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
      return name;
    });

TEST(ManifestTest, APayloadMaySayWhatDataItReads) {
  EXPECT_EQ(Must(Parse(SampleManifest().Serialize())).payloads[0].reads.size(), 0u);
  std::string text =
      With("payloads.0.reads", R"([{"component":"data/main","from":"17","to":"20"}])");
  Manifest manifest = Must(Parse(text));
  EXPECT_EQ(manifest.payloads[0].reads.at(0).ToString(), "data/main 17..20");
  EXPECT_EQ(manifest.Serialize(), text);
  manifest.payloads[0].component = "data/log";
  EXPECT_THAT(Parse(manifest.Serialize()), FailsWith(ErrorCode::kCorrupt, "is not for data"));
  manifest.payloads[0].reads.clear();
  EXPECT_THAT(Parse(manifest.Serialize()), Succeeds());
}

TEST(ManifestTest, TheChannelMayBeEmpty) {
  EXPECT_THAT(Parse(With("channel", "\"\"")), Succeeds());
}

TEST(ManifestTest, RefusesWhatIsNoStrictJson) {
  std::string text = SampleManifest().Serialize();
  for (const std::string& wrong :
       {std::string(), std::string("[]"), text + "x", text.substr(0, text.size() - 1),
        "{\"kind\":\"order\"," + text.substr(1)}) {
    EXPECT_THAT(Parse(wrong), FailsWith(ErrorCode::kCorrupt)) << wrong;
  }
}

TEST(ManifestTest, RefusesNamesComponentsAndChecksThatStandTwice) {
  Manifest manifest = SampleManifest();
  manifest.payloads[0].streams.clear();
  manifest.payloads.push_back(manifest.payloads[0]);
  auto parse = [&] { return Manifest::Parse(manifest.Serialize(), kChunkSize, 0); };
  EXPECT_THAT(parse(), FailsWith(ErrorCode::kCorrupt, "twice"));
  manifest.payloads[1].name = "other";
  EXPECT_THAT(parse(), FailsWith(ErrorCode::kCorrupt, "twice"))
      << "the component is still the same";
  manifest.payloads[1].component = "app/other";
  EXPECT_THAT(parse(), Succeeds());
  manifest.payloads[1].name = "web";
  EXPECT_THAT(parse(), FailsWith(ErrorCode::kCorrupt, "twice"));
  manifest.payloads.pop_back();
  manifest.health.push_back(manifest.health[0]);
  EXPECT_THAT(parse(), FailsWith(ErrorCode::kCorrupt, "twice"));
}

TEST(ManifestTest, TheOperatingSystemMayHaveTwoForms) {
  Manifest manifest = SampleManifest();
  PayloadInfo& image = manifest.payloads[0];
  image.streams.clear();
  image.component = "os";
  image.type = "image";
  PayloadInfo tree = image;
  tree.name = "tree";
  tree.type = "tree";
  EXPECT_FALSE(manifest.HasForms("os"));
  manifest.payloads.push_back(tree);
  auto parse = [&] { return Manifest::Parse(manifest.Serialize(), kChunkSize, 0); };
  EXPECT_TRUE(Must(parse()).HasForms("os"));
  EXPECT_FALSE(Must(parse()).HasForms("app/web"));
  manifest.payloads[1].version = "9";
  EXPECT_THAT(parse(), FailsWith(ErrorCode::kCorrupt, "differ in version or reads"));
  manifest.payloads[1] = tree;
  manifest.payloads[1].reads = {{"data/main", "1", "2"}};
  EXPECT_THAT(parse(), FailsWith(ErrorCode::kCorrupt, "differ in version or reads"));
  manifest.payloads[1] = tree;
  manifest.payloads.push_back(tree);
  manifest.payloads[2].name = "third";
  EXPECT_THAT(parse(), FailsWith(ErrorCode::kCorrupt, "twice"));
}

TEST(ManifestTest, RefusesStreamsThatDoNotHaveTheChunksOfTheHeader) {
  std::string text = SampleManifest().Serialize();
  for (uint64_t count : {kChunks - 1, kChunks + 1, uint64_t{0}, UINT64_MAX}) {
    EXPECT_THAT(Manifest::Parse(text, kChunkSize, count), FailsWith(ErrorCode::kCorrupt, "chunks"))
        << count;
  }
  EXPECT_THAT(Manifest::Parse(text, 2 * kChunkSize, 2), Succeeds());
  std::string huge = With("payloads.0.streams.0.size", "9007199254740991");
  EXPECT_THAT(Manifest::Parse(huge, kChunkSize, kChunks), FailsWith(ErrorCode::kCorrupt, "chunks"));
}

TEST(StreamInfoTest, CountsTheChunksOfItsSize) {
  auto count = [](uint64_t size) { return StreamInfo{size, {}}.ChunkCount(4096); };
  EXPECT_EQ(count(0), 0u);
  EXPECT_EQ(count(1), 1u);
  EXPECT_EQ(count(4096), 1u);
  EXPECT_EQ(count(4097), 2u);
  EXPECT_EQ(count(Json::kMaxInteger), uint64_t{1} << 41);
}

TEST(KindTest, EveryNameIsParsed) {
  EXPECT_THAT(KindNames(), ElementsAre("product", "service-pack", "licence", "order"));
  for (std::string_view name : KindNames()) EXPECT_EQ(KindName(ParseKind(name).value()), name);
  EXPECT_FALSE(ParseKind("service_pack"));
}

}  // namespace
}  // namespace ignite::format
