#include "payload-format/bundle_rewrapper.h"

#include <gtest/gtest.h>

#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::format {
namespace {

using fakes::Build;
using fakes::FailsWith;
using fakes::Keys;
using fakes::MemberPlace;
using fakes::MembersOf;
using fakes::Must;
using fakes::ReadBundle;
using fakes::SamplePlan;
using fakes::SampleStreams;
using fakes::Succeeds;

const Bytes& Sample() {
  static const Bytes bundle = Build(SamplePlan());
  return bundle;
}

class BundleRewrapperTest : public testing::Test {
 protected:
  Result<WrittenBundle> Rewrap(ByteView bundle, const PrivateKey& identity,
                               const std::vector<PublicKey>& recipients) {
    return RewrapBundle(fakes::MakeMemoryFile(bundle), {&identity, 1}, recipients, path_,
                        [](uint64_t, uint64_t) {});
  }
  /// To the new probe, with the key of one that can read it.
  Result<WrittenBundle> Rewrap(ByteView bundle) {
    return Rewrap(bundle, Keys().identity, {new_probe_.public_key()});
  }
  Bytes Written() {
    std::string text = Must(MakePosixFileSystem()->ReadFile(path_, 1 << 20));
    return {AsBytes(text).begin(), AsBytes(text).end()};
  }
  bool NothingIsLeft() { return Must(MakePosixFileSystem()->List(folder_.path())).empty(); }

  fakes::TemporaryDirectory folder_;
  std::string path_ = folder_ / "out.ignite";
  PrivateKey new_probe_ = PrivateKey::Generate(KeyType::kX25519);
};

TEST_F(BundleRewrapperTest, TheNewRecipientsCanReadItAndNobodyElse) {
  WrittenBundle written = Must(Rewrap(Sample()));
  Bytes bundle = Written();
  EXPECT_EQ(written.size, bundle.size());
  EXPECT_EQ(Must(ReadBundle(bundle, {.identity = new_probe_})), SampleStreams());
  for (const PrivateKey* before : {&Keys().identity, &Keys().other_identity})
    EXPECT_THAT(ReadBundle(bundle, {.identity = *before}), FailsWith(ErrorCode::kNotAddressed));
}

TEST_F(BundleRewrapperTest, AnOldRecipientThatIsGivenAgainStillReadsIt) {
  Must(Rewrap(Sample(), Keys().other_identity,
              {new_probe_.public_key(), Keys().other_identity.public_key()}));
  Bytes bundle = Written();
  EXPECT_THAT(ReadBundle(bundle, {.identity = new_probe_}), Succeeds());
  EXPECT_THAT(ReadBundle(bundle, {.identity = Keys().other_identity}), Succeeds());
  EXPECT_THAT(ReadBundle(bundle, {.identity = Keys().identity}),
              FailsWith(ErrorCode::kNotAddressed));
}

TEST_F(BundleRewrapperTest, EveryMemberButRecipientsStaysAsItIs) {
  WrittenBundle written = Must(Rewrap(Sample()));
  Bytes bundle = Written();
  std::vector<MemberPlace> before = MembersOf(Sample());
  std::vector<MemberPlace> after = MembersOf(bundle);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].name, after[i].name);
    bool equal = std::ranges::equal(ByteView(Sample()).subspan(before[i].content(), before[i].size),
                                    ByteView(bundle).subspan(after[i].content(), after[i].size));
    EXPECT_EQ(equal, before[i].name != kRecipientsName) << before[i].name;
  }
  EXPECT_EQ(written.content_id,
            Must(VerifiedBundle::Open(fakes::MakeMemoryFile(Sample()), Keys().keyring,
                                      {&Keys().identity, 1}, PlainBundles::kRefused))
                .content_id());
}

TEST_F(BundleRewrapperTest, RefusesAnIdentityThatCannotOpenIt) {
  PrivateKey stranger = PrivateKey::Generate(KeyType::kX25519);
  EXPECT_THAT(Rewrap(Sample(), stranger, {new_probe_.public_key()}),
              FailsWith(ErrorCode::kNotAddressed, "the identity given"));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(BundleRewrapperTest, RefusesAPlainBundle) {
  BundlePlan plan = SamplePlan();
  plan.recipients.clear();
  EXPECT_THAT(Rewrap(Build(std::move(plan))),
              FailsWith(ErrorCode::kNotAddressed, "has no recipients"));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(BundleRewrapperTest, RefusesMoreRecipientsThanABundleTakes) {
  std::vector<PublicKey> recipients(kMaxRecipientsSize / (4 + kRecipientBodySize) + 1,
                                    new_probe_.public_key());
  EXPECT_THAT(Rewrap(Sample(), Keys().identity, recipients),
              FailsWith(ErrorCode::kInvalidArgument, "too many"));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(BundleRewrapperTest, RefusesDamageInEveryMemberButTheSignatures) {
  for (const MemberPlace& member : MembersOf(Sample())) {
    for (size_t place : {member.offset, member.content() + member.size / 2, member.end() - 1}) {
      Bytes damaged = Sample();
      damaged[place] ^= std::byte{1};
      if (member.name == kSignaturesName && place == member.content() + member.size / 2) {
        EXPECT_THAT(Rewrap(damaged), Succeeds()) << "only a keyring can tell";
        Must(MakePosixFileSystem()->RemoveFile(path_));
        continue;
      }
      EXPECT_FALSE(Rewrap(damaged)) << member.name << " " << place;
      EXPECT_TRUE(NothingIsLeft()) << member.name << " " << place;
    }
  }
}

TEST_F(BundleRewrapperTest, RefusesABundleThatIsCutOrGoesOn) {
  for (size_t size : {size_t{0}, kTarBlock, Sample().size() / 2, Sample().size() - 1}) {
    EXPECT_THAT(Rewrap(ByteView(Sample()).first(size)), FailsWith(ErrorCode::kTruncated)) << size;
    EXPECT_TRUE(NothingIsLeft()) << size;
  }
  Bytes longer = Sample();
  longer.push_back(std::byte{0});
  EXPECT_THAT(Rewrap(longer), FailsWith(ErrorCode::kCorrupt, "behind its end"));
  EXPECT_TRUE(NothingIsLeft());
}

}  // namespace
}  // namespace ignite::format
