#include "payload-format/bundle_signer.h"

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
using fakes::SignerOf;
using fakes::Succeeds;

/// Signed by release alone, where the keyring demands qa too.
const Bytes& Sample() {
  static const Bytes bundle = [] {
    BundlePlan plan = SamplePlan();
    plan.signers.clear();
    plan.signers.push_back(SignerOf(Keys().release));
    return Build(std::move(plan));
  }();
  return bundle;
}

class FailingSigner : public Signer {
 public:
  const PublicKey& public_key() const override { return Keys().qa.public_key(); }
  Result<Signature> Sign(ByteView) override {
    return Error{ErrorCode::kIo, "the token is gone", ""};
  }
};

class BundleSignerTest : public testing::Test {
 protected:
  Result<WrittenBundle> Sign(ByteView bundle, std::unique_ptr<Signer> signer) {
    return AddSignatures(fakes::MakeMemoryFile(bundle), {&signer, 1}, path_,
                         [](uint64_t, uint64_t) {});
  }
  Result<WrittenBundle> Sign(ByteView bundle) { return Sign(bundle, SignerOf(Keys().qa)); }
  Bytes Written() {
    std::string text = Must(MakePosixFileSystem()->ReadFile(path_, 1 << 20));
    return {AsBytes(text).begin(), AsBytes(text).end()};
  }
  bool NothingIsLeft() { return Must(MakePosixFileSystem()->List(folder_.path())).empty(); }

  fakes::TemporaryDirectory folder_;
  std::string path_ = folder_ / "out.ignite";
};

TEST_F(BundleSignerTest, TheRoleThatWasMissingVouchesNow) {
  EXPECT_THAT(ReadBundle(Sample()), FailsWith(ErrorCode::kUntrusted, "qa"));
  WrittenBundle written = Must(Sign(Sample()));
  EXPECT_EQ(written.size, Written().size());
  EXPECT_EQ(Must(ReadBundle(Written())), SampleStreams());
}

TEST_F(BundleSignerTest, EveryMemberButSignaturesStaysAsItIsAndTheirsComesLast) {
  Must(Sign(Sample()));
  Bytes bundle = Written();
  std::vector<MemberPlace> before = MembersOf(Sample());
  std::vector<MemberPlace> after = MembersOf(bundle);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].name, after[i].name);
    EXPECT_EQ(after[i].size,
              before[i].size + (before[i].name == kSignaturesName ? kSignatureEntrySize : 0));
    EXPECT_TRUE(std::ranges::equal(ByteView(Sample()).subspan(before[i].content(), before[i].size),
                                   ByteView(bundle).subspan(after[i].content(), before[i].size)))
        << before[i].name;
  }
}

TEST_F(BundleSignerTest, APlainBundleIsSignedAsWell) {
  BundlePlan plan = SamplePlan();
  plan.recipients.clear();
  plan.signers.pop_back();
  Must(Sign(Build(std::move(plan))));
  EXPECT_THAT(ReadBundle(Written(), {.plain = PlainBundles::kAccepted}), Succeeds());
}

TEST_F(BundleSignerTest, RefusesAKeyThatHasSignedAlready) {
  EXPECT_THAT(Sign(Sample(), SignerOf(Keys().release)),
              FailsWith(ErrorCode::kRefused, "has signed the bundle already"));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(BundleSignerTest, RefusesABundleWithAWrongSignatureOfTheKey) {
  Bytes damaged = Sample();
  damaged[MembersOf(damaged)[1].content() + sizeof(KeyId)] ^= std::byte{1};
  EXPECT_THAT(Sign(damaged, SignerOf(Keys().release)),
              FailsWith(ErrorCode::kUntrusted, "that the bundle has is wrong"));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(BundleSignerTest, ABundleTakesSixteenSignaturesAndNoMore) {
  BundlePlan plan = SamplePlan();
  plan.signers.clear();
  while (plan.signers.size() < kMaxSignatures - 1)
    plan.signers.push_back(SignerOf(PrivateKey::Generate(KeyType::kEd25519)));
  Must(Sign(Build(std::move(plan))));
  Bytes full = Written();
  Must(MakePosixFileSystem()->RemoveFile(path_));
  EXPECT_THAT(Sign(full, SignerOf(Keys().release)),
              FailsWith(ErrorCode::kInvalidArgument, "16 signatures already"));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(BundleSignerTest, ASignerThatFailsLeavesNothing) {
  EXPECT_THAT(Sign(Sample(), std::make_unique<FailingSigner>()),
              FailsWith(ErrorCode::kIo, "the token is gone"));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(BundleSignerTest, SignsNoDamage) {
  for (const MemberPlace& member : MembersOf(Sample())) {
    for (size_t place : {member.offset, member.content() + member.size / 2, member.end() - 1}) {
      bool unseen = place == member.content() + member.size / 2 &&
                    (member.name == kSignaturesName || member.name == kRecipientsName);
      Bytes damaged = Sample();
      damaged[place] ^= std::byte{1};
      EXPECT_EQ(Sign(damaged).has_value(), unseen) << member.name << " " << place;
      if (unseen) Must(MakePosixFileSystem()->RemoveFile(path_));
      EXPECT_TRUE(NothingIsLeft()) << member.name << " " << place;
    }
  }
  Bytes longer = Sample();
  longer.push_back(std::byte{0});
  EXPECT_THAT(Sign(longer), FailsWith(ErrorCode::kCorrupt, "behind its end"));
  EXPECT_THAT(Sign(ByteView(Sample()).first(Sample().size() - 1)),
              FailsWith(ErrorCode::kTruncated));
  EXPECT_TRUE(NothingIsLeft());
}

}  // namespace
}  // namespace ignite::format
