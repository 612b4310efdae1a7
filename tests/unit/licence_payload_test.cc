#include "packager/licence_payload.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/str_cat.h"
#include "payload-format/licence/licence_spec.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::packager {
namespace {

using fakes::Must;
using format::LicenceSpec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNoon = 1'795'651'200 + 43'200;  // 2026-11-26
constexpr std::string_view kGood = "identity = probe.pub\ncustomer = Example\n";

class LicencePayloadTest : public testing::Test {
 protected:
  LicencePayloadTest() {
    WriteKey("probe.pub", fakes::Keys().identity);
    WriteKey("other.pub", fakes::Keys().other_identity);
    WriteKey("signer.pub", fakes::Keys().release);
  }
  void WriteKey(std::string_view name, const format::PrivateKey& key) {
    std::ofstream(folder_ / name) << key.public_key().Pem();
  }

  std::unique_ptr<PayloadInput> Read(std::string_view keys) {
    IniFile ini = ParseIni(StrCat("[payload licence]\ncomponent = licence\n", keys));
    RecipeSection section(ini.sections.at(0), faults_);
    return ReadLicenceInput(section, folder_.path());
  }
  Result<PayloadContent> Collect(PayloadInput& input, std::optional<int64_t> now = kNoon) {
    return input.Collect({"licence", "licence", now, [](std::string_view) {}}, faults_);
  }
  /// What the manifest would say.
  LicenceSpec SpecOf(std::string_view keys) {
    PayloadContent content = Must(Collect(*Read(keys)));
    EXPECT_THAT(Told(), IsEmpty());
    EXPECT_TRUE(content.streams.empty());
    return Must(LicenceSpec::FromJson(content.spec));
  }
  /// "LINE: MESSAGE (REMEDY)" of each fault.
  std::vector<std::string> Told() {
    std::vector<std::string> lines;
    for (const Fault& fault : faults_)
      lines.push_back(StrCat(fault.line, ": ", fault.message, " (", fault.remedy, ")"));
    return lines;
  }
  std::vector<std::string> FaultsOf(std::string_view keys) {
    faults_.clear();
    (void)Read(keys);
    return Told();
  }

  fakes::TemporaryDirectory folder_;
  std::vector<Fault> faults_;
};

std::string Identity(const format::PrivateKey& key) { return ToHex(key.public_key().bytes); }

TEST_F(LicencePayloadTest, TheRecipeBecomesTheSpec) {
  LicenceSpec spec = SpecOf(
      "identity = probe.pub, other.pub, probe.pub\ncustomer = Société Exemple, Paris\n"
      "serial = L-42\nfeatures = flows, alerts\nlimits = sensors = 500, users=20\n"
      "not-after = 2027-12-31\n");
  EXPECT_THAT(spec.identities, ElementsAre(Identity(fakes::Keys().identity),
                                           Identity(fakes::Keys().other_identity)));
  EXPECT_EQ(spec.customer, "Société Exemple, Paris");
  EXPECT_EQ(spec.serial, "L-42");
  EXPECT_THAT(spec.features, ElementsAre("flows", "alerts"));
  EXPECT_EQ(spec.limits, (std::map<std::string, int64_t>{{"sensors", 500}, {"users", 20}}));
  EXPECT_EQ(spec.issued, "2026-11-26");
  EXPECT_EQ(spec.not_after, "2027-12-31");
}

TEST_F(LicencePayloadTest, IdentityAndCustomerAreEnough) {
  LicenceSpec spec = SpecOf(kGood);
  EXPECT_THAT(spec.features, IsEmpty());
  EXPECT_EQ(spec.not_after, "");
}

TEST_F(LicencePayloadTest, WithoutSourceDateEpochItIsIssuedToday) {
  PayloadContent content = Must(Collect(*Read(kGood), std::nullopt));
  EXPECT_GE(Must(LicenceSpec::FromJson(content.spec)).issued, "2026-11-01");
}

TEST_F(LicencePayloadTest, ALicenceThatHasEndedAlreadyIsAFault) {
  auto input = Read(StrCat(kGood, "not-after = 2026-11-25\n"));
  Must(Collect(*input));
  EXPECT_THAT(Told(), ElementsAre(HasSubstr("5: the licence would have ended before today")));
  faults_.clear();
  Must(Collect(*Read(StrCat(kGood, "not-after = 2026-11-26\n"))));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(LicencePayloadTest, WhatIsWrongIsToldWithItsLine) {
  EXPECT_THAT(FaultsOf("features = a\n"),
              ElementsAre(HasSubstr("1: [payload licence] has no 'identity'"),
                          HasSubstr("1: [payload licence] has no 'customer'")));
  EXPECT_THAT(FaultsOf("identity = absent.pub, signer.pub\ncustomer = A\n"),
              ElementsAre(HasSubstr("absent.pub"), HasSubstr("signer.pub")));
  EXPECT_THAT(FaultsOf("identity = probe.pub\ncustomer = two\n  lines\n"),
              ElementsAre(HasSubstr("4: 'customer' is no text of a licence")));
  EXPECT_THAT(FaultsOf("identity = probe.pub\ncustomer = A ; B\n"),
              ElementsAre(HasSubstr("4: 'customer' ends at ' ;'")));
  EXPECT_THAT(FaultsOf(StrCat(kGood, "features = a, two words, a\n")),
              ElementsAre(HasSubstr("5: 'two words' is no name"), HasSubstr("'a' stands twice")));
  EXPECT_THAT(
      FaultsOf(StrCat(kGood, "limits = a, b = x, - = 1, c = 1, c = 2, d = 9007199254740992\n")),
      ElementsAre(HasSubstr("'a' is no limit"), HasSubstr("'b = x' is no limit"),
                  HasSubstr("'- = 1' is no limit"), HasSubstr("'c' stands twice"),
                  HasSubstr("'d = 9007199254740992' is no limit")));
  EXPECT_THAT(FaultsOf(StrCat(kGood, "not-after = 31.12.2027\n")),
              ElementsAre(HasSubstr("5: '31.12.2027' is no day")));
  EXPECT_THAT(FaultsOf(StrCat(kGood, "serial =\n")), ElementsAre(HasSubstr("'serial' is empty")));
}

TEST_F(LicencePayloadTest, MoreThanALicenceHoldsIsAFault) {
  std::string features = "features = f";
  for (size_t i = 0; i < format::kMaxLicenceWords; ++i) features += StrCat(",\n  f", i);
  EXPECT_THAT(FaultsOf(StrCat(kGood, features, "\n")),
              ElementsAre(HasSubstr("5: a licence has at most 256 features")));
  std::string limits = "limits = l = 1";
  for (size_t i = 0; i < format::kMaxLicenceWords; ++i) limits += StrCat(",\n  l", i, " = 1");
  EXPECT_THAT(FaultsOf(StrCat(kGood, limits, "\n")),
              ElementsAre(HasSubstr("5: a licence has at most 256 limits")));
  std::string identities = "identity = probe.pub";
  for (size_t i = 0; i < format::kMaxLicenceIdentities; ++i) {
    WriteKey(StrCat(i, ".pub"), format::PrivateKey::Generate(format::KeyType::kX25519));
    identities += StrCat(",\n  ", i, ".pub");
  }
  EXPECT_THAT(FaultsOf(StrCat(identities, "\ncustomer = A\n")),
              ElementsAre(HasSubstr("3: a licence is for at most 1024 probes, these are 1025")));
}

TEST_F(LicencePayloadTest, OnlyTheComponentLicenceTakesIt) {
  IniFile ini = ParseIni(StrCat("[payload licence]\ncomponent = app/web\n", kGood));
  RecipeSection section(ini.sections.at(0), faults_);
  (void)ReadLicenceInput(section, folder_.path());
  EXPECT_THAT(Told(), ElementsAre(HasSubstr("2: a licence cannot be of the component 'app/web'")));
}

TEST_F(LicencePayloadTest, ItsSourcesAreTheKeys) {
  EXPECT_THAT(
      Read("identity = probe.pub, other.pub\ncustomer = A\n")->Sources(),
      ElementsAre(StrCat(folder_.path(), "/probe.pub"), StrCat(folder_.path(), "/other.pub")));
}

TEST_F(LicencePayloadTest, IsDescribedForAPerson) {
  format::PayloadInfo payload;
  payload.spec = SpecOf(StrCat(kGood, "features = flows\nlimits = sensors = 5\n")).ToJson();
  EXPECT_EQ(DescribeLicence(payload), "for Example, 1 probe, without an end, flows, sensors 5");
  payload.spec = SpecOf(StrCat(kGood, "not-after = 2027-12-31\n")).ToJson();
  EXPECT_EQ(DescribeLicence(payload), "for Example, 1 probe, until 2027-12-31");
  payload.spec = Json::EmptyObject();
  EXPECT_EQ(DescribeLicence(payload), "");
}

}  // namespace
}  // namespace ignite::packager
