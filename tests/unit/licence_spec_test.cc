#include "payload-format/licence/licence_spec.h"

#include <gtest/gtest.h>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

constexpr std::string_view kIdentity =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

LicenceSpec Sample() {
  LicenceSpec spec;
  spec.identities = {std::string(kIdentity)};
  spec.customer = "Société Générale des Réseaux";
  spec.serial = "L-2027-0042";
  spec.features = {"flows", "alerts"};
  spec.limits = {{"sensors", 500}};
  spec.issued = "2026-11-26";
  spec.not_after = "2027-12-31";
  return spec;
}

/// The sample with another value for a key; null leaves the key out.
Json With(std::string_view key, const Json& value) {
  Json sample = Sample().ToJson();
  Json json = Json::EmptyObject();
  for (const auto& [name, old] : *sample.AsObject()) {
    if (name != key) json.Set(name, old);
  }
  if (!value.IsNull()) json.Set(std::string(key), value);
  return json;
}

Json Names(size_t count) {
  Json names = Json::EmptyArray();
  for (size_t i = 0; i < count; ++i) names.Push(StrCat("f", i));
  return names;
}

PayloadInfo SamplePayload() {
  return {"licence", std::string(LicenceSpec::kType), "licence", "1", Sample().ToJson(), {}};
}

TEST(LicenceSpecTest, IsReadAsItWasWritten) {
  Json json = Sample().ToJson();
  EXPECT_EQ(Must(LicenceSpec::FromJson(json)).ToJson(), json);
  LicenceSpec least = Sample();
  least.serial = least.not_after = "";
  least.features = {};
  least.limits = {};
  EXPECT_EQ(Must(LicenceSpec::FromJson(least.ToJson())).ToJson(), least.ToJson());
}

TEST(LicenceSpecTest, RefusesWhatLacksAKey) {
  for (const char* key : {"identities", "customer", "features", "limits", "issued"}) {
    EXPECT_THAT(LicenceSpec::FromJson(With(key, {})),
                FailsWith(ErrorCode::kCorrupt, StrCat("\"", key, "\" is missing")));
  }
  EXPECT_THAT(LicenceSpec::FromJson(With("until", "2027")),
              FailsWith(ErrorCode::kCorrupt, "\"until\" is unknown"));
  EXPECT_THAT(LicenceSpec::FromJson(With("x-note", "by hand")), Succeeds());
}

TEST(LicenceSpecTest, RefusesWrongValues) {
  std::string text(kMaxLicenceText, 'x');
  Json many_limits = Json::EmptyObject();
  for (size_t i = 0; i <= kMaxLicenceWords; ++i) many_limits.Set(StrCat("l", i), 1);
  Json negative = Json::EmptyObject();
  negative.Set("sensors", -1);
  Json no_number = Json::EmptyObject();
  no_number.Set("sensors", true);
  Json no_name = Json::EmptyObject();
  no_name.Set("-", 1);
  std::string identity(kIdentity);
  const std::vector<std::pair<std::string, Json>> kWrong = {
      {"identities", Json::EmptyArray()},
      {"identities", Json::StringArray({identity, identity})},
      {"identities", Json::StringArray({identity.substr(2)})},
      {"identities", Json::StringArray({identity + "00"})},
      {"identities", Json::StringArray({"F" + identity.substr(1)})},
      {"identities", Json::StringArray({"no hexadecimal"})},
      {"identities", identity},
      {"customer", ""},
      {"customer", text + "x"},
      {"customer", "a\nb"},
      {"customer", "a\x7f"},
      {"serial", ""},
      {"serial", text + "x"},
      {"features", Json::StringArray({"flows", "flows"})},
      {"features", Json::StringArray({"two words"})},
      {"features", Names(kMaxLicenceWords + 1)},
      {"limits", Json::EmptyArray()},
      {"limits", negative},
      {"limits", no_number},
      {"limits", no_name},
      {"limits", many_limits},
      {"issued", "26.11.2026"},
      {"issued", ""},
      {"not-after", "2027-02-29"},
      {"not-after", ""},
      {"not-after", "2026-11-25"},
  };
  for (const auto& [key, value] : kWrong) {
    EXPECT_THAT(LicenceSpec::FromJson(With(key, value)), FailsWith(ErrorCode::kCorrupt, key))
        << value.Dump();
  }
}

TEST(LicenceSpecTest, ATextIsUtf8) {
  EXPECT_TRUE(IsLicenceText("Soci\xc3\xa9t\xc3\xa9"));
  EXPECT_FALSE(IsLicenceText("Soci\xe9t\xe9"));
}

TEST(LicenceSpecTest, TakesWhatIsJustWithinTheLimits) {
  EXPECT_THAT(LicenceSpec::FromJson(With("customer", std::string(kMaxLicenceText, 'x'))),
              Succeeds());
  EXPECT_THAT(LicenceSpec::FromJson(With("features", Names(kMaxLicenceWords))), Succeeds());
  EXPECT_THAT(LicenceSpec::FromJson(With("not-after", "2026-11-26")), Succeeds());
  Json identities = Json::EmptyArray();
  std::string identity(kIdentity);
  for (size_t i = 0; i < kMaxLicenceIdentities; ++i)
    identities.Push(StrCat(std::to_string(1000 + i), identity.substr(4)));
  EXPECT_THAT(LicenceSpec::FromJson(With("identities", identities)), Succeeds());
  identities.Push(identity);
  EXPECT_THAT(LicenceSpec::FromJson(With("identities", identities)),
              FailsWith(ErrorCode::kCorrupt, "more than 1024"));
}

TEST(LicenceSpecTest, APayloadIsOfTheComponentLicenceAndHasNoStream) {
  EXPECT_THAT(LicenceSpec::Check(SamplePayload()), Succeeds());
  PayloadInfo payload = SamplePayload();
  payload.component = "app/licence";
  EXPECT_THAT(LicenceSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, "instead of licence"));
  payload = SamplePayload();
  payload.streams.push_back({1, {}});
  EXPECT_THAT(LicenceSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, "has streams"));
  payload = SamplePayload();
  payload.spec = Json::EmptyObject();
  EXPECT_THAT(LicenceSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, "is missing"));
}

TEST(LicenceSpecTest, BelongsToBundlesOfItsKindOnly) {
  for (Kind kind : {Kind::kProduct, Kind::kServicePack, Kind::kLicence, Kind::kOrder})
    EXPECT_EQ(LicenceSpec::BelongsTo(kind), kind == Kind::kLicence);
}

}  // namespace
}  // namespace ignite::format
