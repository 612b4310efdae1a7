#include "packager/payload_check.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "packager/manifest_report.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/image/image_spec.h"
#include "payload-format/licence/licence_spec.h"
#include "payload-format/tree/table.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::packager {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::SampleStreams;
using fakes::Succeeds;
using testing::HasSubstr;

/// The sample's manifest with the streams that its bundle has, and an image behind them.
format::Manifest SampleManifest() {
  format::Manifest manifest = fakes::SamplePlan().manifest;
  for (size_t p = 0; p < manifest.payloads.size(); ++p) {
    for (size_t s : {2 * p, 2 * p + 1})
      manifest.payloads[p].streams.push_back({SampleStreams()[s].size(), {}});
  }
  manifest.payloads.push_back({"system",
                               std::string(format::ImageSpec::kType),
                               "os",
                               "12.6",
                               Json::EmptyObject(),
                               {{4'500'000'000, {}}}});
  return manifest;
}

Result<> CheckManifest(const format::Manifest& manifest) {
  return PayloadCheck(manifest).CheckManifest();
}

/// Hands the bytes to the check in pieces, as the reader does.
Result<> Feed(PayloadCheck& check, size_t payload, size_t stream, ByteView bytes) {
  TRY(check.BeginStream(payload, stream));
  while (!bytes.empty()) {
    ByteView piece = bytes.first(std::min<size_t>(bytes.size(), 1000));
    TRY(check.Write(piece));
    bytes = bytes.subspan(piece.size());
  }
  return check.EndStream();
}

TEST(PayloadCheckTest, TreesAndImagesPass) {
  format::Manifest manifest = SampleManifest();
  PayloadCheck check(manifest);
  EXPECT_THAT(check.CheckManifest(), Succeeds());
  for (size_t s = 0; s < SampleStreams().size(); ++s)
    EXPECT_THAT(Feed(check, s / 2, s % 2, SampleStreams()[s]), Succeeds());
  EXPECT_THAT(Feed(check, 2, 0, Bytes(5000)), Succeeds());
  EXPECT_EQ(check.files(), 2u);
}

TEST(PayloadCheckTest, RefusesATypeThatIsNotKnown) {
  format::Manifest manifest = SampleManifest();
  manifest.payloads[1].type = "hologram";
  EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kUnsupported, "'hologram'"));
  manifest = SampleManifest();
  manifest.health.push_back({"h", "telepathy", 1000, Json::EmptyObject()});
  EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kUnsupported, "'telepathy'"));
}

TEST(PayloadCheckTest, RefusesPayloadsInABundleOfAnotherKind) {
  format::Manifest manifest = SampleManifest();
  for (format::Kind kind : {format::Kind::kLicence, format::Kind::kOrder}) {
    manifest.kind = kind;
    EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kCorrupt, "do not belong"));
  }
  manifest.kind = format::Kind::kProduct;
  EXPECT_THAT(CheckManifest(manifest), Succeeds());
}

TEST(PayloadCheckTest, ALicencePassesInABundleOfItsKindOnly) {
  format::Manifest manifest;
  manifest.kind = format::Kind::kLicence;
  format::LicenceSpec spec;
  spec.identities = {std::string(64, '0')};
  spec.customer = "Example";
  spec.issued = "2026-11-26";
  manifest.payloads.push_back({"l", "licence", "licence", "1", spec.ToJson(), {}});
  EXPECT_THAT(CheckManifest(manifest), Succeeds());
  EXPECT_THAT(ManifestToText(manifest), HasSubstr("l  licence  licence 1  for Example, 1 probe"));
  manifest.payloads[0].streams.push_back({1, {}});
  EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kCorrupt, "has streams"));
  manifest.payloads[0].streams.clear();
  for (format::Kind kind :
       {format::Kind::kProduct, format::Kind::kServicePack, format::Kind::kOrder}) {
    manifest.kind = kind;
    EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kCorrupt, "do not belong"));
  }
}

TEST(PayloadCheckTest, HoldsEachPayloadAgainstTheRuleOfItsType) {
  format::Manifest manifest = SampleManifest();
  manifest.payloads[0].streams.pop_back();
  EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kCorrupt, "streams of a tree"));
  manifest = SampleManifest();
  manifest.payloads[0].streams[0].size = format::kMaxTableSize + 1;
  EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kCorrupt, "streams of a tree"));
  manifest = SampleManifest();
  manifest.payloads[0].spec = Json::EmptyObject();
  EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kCorrupt, "tree"));
  manifest = SampleManifest();
  manifest.payloads[2].component = "app/os";
  EXPECT_THAT(CheckManifest(manifest), FailsWith(ErrorCode::kCorrupt, "app/os"));
}

TEST(PayloadCheckTest, HoldsTheFilesOfATreeAgainstItsTable) {
  format::Manifest manifest = SampleManifest();
  Bytes changed = SampleStreams()[1];
  changed[0] ^= std::byte{1};
  Bytes longer = SampleStreams()[1];
  longer.push_back(std::byte{0});
  ByteView shorter = ByteView(SampleStreams()[1]).first(SampleStreams()[1].size() - 1);
  for (ByteView content : {ByteView(changed), ByteView(longer), shorter}) {
    PayloadCheck check(manifest);
    Must(Feed(check, 0, 0, SampleStreams()[0]));
    EXPECT_THAT(Feed(check, 0, 1, content), FailsWith(ErrorCode::kCorrupt, "'web' is wrong"));
  }
  manifest.payloads[0].spec = fakes::SamplePlan().manifest.payloads[1].spec;
  PayloadCheck check(manifest);
  EXPECT_THAT(Feed(check, 0, 0, SampleStreams()[0]),
              FailsWith(ErrorCode::kCorrupt, "another number of entries"));
}

TEST(PayloadCheckTest, HoldsAFileWithoutBytesAgainstItsDigestToo) {
  format::Manifest manifest = SampleManifest();
  Bytes table = SampleStreams()[2];
  Sha256Digest of_nothing = format::Sha256({});
  auto digest =
      std::search(table.begin(), table.end(), of_nothing.bytes.begin(), of_nothing.bytes.end());
  ASSERT_NE(digest, table.end());
  *digest ^= std::byte{1};
  PayloadCheck check(manifest);
  Must(Feed(check, 1, 0, table));
  EXPECT_THAT(Feed(check, 1, 1, {}), FailsWith(ErrorCode::kCorrupt, "'EMPTY'"));
}

TEST(PayloadCheckTest, AReportShowsEachPayloadByItsType) {
  std::string text = ManifestToText(SampleManifest());
  EXPECT_THAT(text, HasSubstr("web  tree  app/web 4.2.1  3 entries, "));
  EXPECT_THAT(text, HasSubstr("system  image  os 12.6  4.5 GB\n"));
}

}  // namespace
}  // namespace ignite::packager
