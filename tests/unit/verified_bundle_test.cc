#include "payload-format/verified_bundle.h"

#include <gtest/gtest.h>

#include "base/process.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::format {
namespace {

using fakes::Build;
using fakes::FailsWith;
using fakes::Keys;
using fakes::MakeMemoryFile;
using fakes::Must;
using fakes::ReadBundle;
using fakes::SamplePlan;
using fakes::SampleStreams;
using fakes::Succeeds;
using testing::ElementsAre;
using testing::Pair;

const Bytes& Sample() {
  static const Bytes bundle = Build(SamplePlan());
  return bundle;
}

Result<VerifiedBundle> Open(ByteView bundle, const Keyring& keyring = Keys().keyring,
                            PlainBundles plain = PlainBundles::kRefused) {
  return VerifiedBundle::Open(MakeMemoryFile(bundle), keyring, {&Keys().identity, 1}, plain);
}

const VerifiedBundle::Progress kNoProgress = [](uint64_t) -> Result<> { return {}; };

TEST(VerifiedBundleTest, GivesTheManifestBeforeAnyPayload) {
  VerifiedBundle bundle = Must(Open(Sample()));
  EXPECT_EQ(bundle.manifest().version, "4.2.1");
  EXPECT_EQ(bundle.manifest().payloads.size(), 2u);
  EXPECT_GT(bundle.payload_size(), 0u);
}

TEST(VerifiedBundleTest, GivesEveryStreamInOrderWhateverTheNumberOfThreads) {
  for (unsigned threads : {1, 2, 8, 0}) {
    VerifiedBundle bundle = Must(Open(Sample()));
    fakes::RecordingSink sink;
    std::vector<uint64_t> progress;
    Must(bundle.ReadPayloads(sink, threads, [&](uint64_t done) -> Result<> {
      progress.push_back(done);
      return {};
    }));
    EXPECT_EQ(sink.streams, SampleStreams()) << threads;
    EXPECT_EQ(sink.ended, 4u);
    EXPECT_THAT(sink.numbers, ElementsAre(Pair(0, 0), Pair(0, 1), Pair(1, 0), Pair(1, 1)));
    EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
    EXPECT_EQ(progress.size(), 5u) << "one chunk, three, one, none";
    EXPECT_EQ(progress.back(), bundle.payload_size());
  }
}

TEST(VerifiedBundleTest, EveryRecipientCanReadIt) {
  EXPECT_THAT(ReadBundle(Sample(), {.identity = Keys().other_identity}), Succeeds());
}

TEST(VerifiedBundleTest, AnIdentityThatIsNoRecipientIsToldSo) {
  PrivateKey stranger = PrivateKey::Generate(KeyType::kX25519);
  EXPECT_THAT(ReadBundle(Sample(), {.identity = stranger}), FailsWith(ErrorCode::kNotAddressed));
}

TEST(VerifiedBundleTest, RefusesABundleThatOnlyAStrangerSigned) {
  BundlePlan plan = SamplePlan();
  plan.signers.clear();
  plan.signers.push_back(fakes::SignerOf(Keys().stranger));
  EXPECT_THAT(Open(Build(std::move(plan))),
              FailsWith(ErrorCode::kUntrusted, "no key that this probe trusts"));
}

TEST(VerifiedBundleTest, RefusesABundleWithoutTheSignatureOfQa) {
  BundlePlan plan = SamplePlan();
  plan.signers.pop_back();
  EXPECT_THAT(Open(Build(std::move(plan))), FailsWith(ErrorCode::kUntrusted, "role qa"));
}

TEST(VerifiedBundleTest, RefusesAServicePackThatTheLicenceRoleSigned) {
  BundlePlan plan = SamplePlan();
  plan.signers.clear();
  plan.signers.push_back(fakes::SignerOf(Keys().licence));
  EXPECT_THAT(Open(Build(std::move(plan))), FailsWith(ErrorCode::kUntrusted, "role release"));
}

TEST(VerifiedBundleTest, AStrangersSignatureBesideThemChangesNothing) {
  BundlePlan plan = SamplePlan();
  plan.signers.insert(plan.signers.begin(), fakes::SignerOf(Keys().stranger));
  EXPECT_EQ(Must(ReadBundle(Build(std::move(plan)))), SampleStreams());
}

TEST(VerifiedBundleTest, RefusesAPlainBundleUnlessToldOtherwise) {
  BundlePlan plan = SamplePlan();
  plan.recipients.clear();
  Bytes bundle = Build(std::move(plan));
  EXPECT_THAT(Open(bundle), FailsWith(ErrorCode::kNotAddressed, "not encrypted"));
  EXPECT_EQ(Must(ReadBundle(bundle, {.plain = PlainBundles::kAccepted})), SampleStreams());
  EXPECT_THAT(ReadBundle(Sample(), {.plain = PlainBundles::kAccepted}), Succeeds())
      << "an encrypted one stays welcome";
}

TEST(VerifiedBundleTest, ReadsABundleWithoutPayloads) {
  BundlePlan plan = SamplePlan();
  plan.manifest.payloads.clear();
  plan.sources.clear();
  EXPECT_TRUE(Must(ReadBundle(Build(std::move(plan)))).empty());
}

TEST(VerifiedBundleTest, ReadsABundleWhoseOnlyStreamIsEmpty) {
  BundlePlan plan = SamplePlan();
  plan.manifest.payloads.resize(1);
  plan.sources.clear();
  plan.sources.emplace_back();
  plan.sources[0].push_back(std::make_unique<MemoryStream>(Bytes()));
  EXPECT_THAT(Must(ReadBundle(Build(std::move(plan)))), ElementsAre(Bytes()));
}

TEST(VerifiedBundleTest, ReadsStreamsOfEveryLengthAroundAChunk) {
  BundlePlan plan = SamplePlan();
  plan.manifest.payloads.resize(1);
  plan.sources.clear();
  plan.sources.emplace_back();
  std::vector<Bytes> expected;
  for (size_t size : {1, 4095, 4096, 4097, 8191, 8192, 8193}) {
    expected.emplace_back(size, static_cast<std::byte>(size));
    plan.sources[0].push_back(std::make_unique<MemoryStream>(expected.back()));
  }
  EXPECT_EQ(Must(ReadBundle(Build(std::move(plan)), {.threads = 4})), expected);
}

TEST(VerifiedBundleTest, AnErrorOfTheSinkOrOfTheProgressStopsTheReading) {
  class FullSink : public fakes::RecordingSink {
    Result<> Write(ByteView) override { return Error{ErrorCode::kNoSpace, "full", ""}; }
  };
  for (unsigned threads : {1, 4}) {
    FullSink full;
    EXPECT_THAT(Must(Open(Sample())).ReadPayloads(full, threads, kNoProgress),
                FailsWith(ErrorCode::kNoSpace));
    EXPECT_EQ(full.ended, 0u);
    fakes::RecordingSink sink;
    auto cancel = [](uint64_t) -> Result<> { return Error{ErrorCode::kCancelled, "enough", ""}; };
    EXPECT_THAT(Must(Open(Sample())).ReadPayloads(sink, threads, cancel),
                FailsWith(ErrorCode::kCancelled));
    EXPECT_EQ(sink.ended, 0u);
  }
}

TEST(VerifiedBundleTest, AnErrorOfTheFileIsHandedOn) {
  class FailingFile : public fakes::MemoryFile {
   public:
    using MemoryFile::MemoryFile;
    Result<size_t> Read(std::span<std::byte> buffer) override {
      if (--reads_left < 0) return Error{ErrorCode::kIo, "the disk is gone", ""};
      return MemoryFile::Read(buffer);
    }
    int reads_left = 0;
  };
  // Fail the N-th read, for every N until none fails.
  for (int n = 0;; ++n) {
    auto file = std::make_unique<FailingFile>(Sample());
    file->reads_left = n;
    auto read = ReadBundle(std::move(file));
    if (read) break;
    ASSERT_THAT(read, FailsWith(ErrorCode::kIo, "the disk is gone")) << n;
    ASSERT_LT(n, 1000);
  }
}

TEST(VerifiedBundleTest, TheRealTarListsTheMembers) {
  fakes::TemporaryDirectory folder;
  Must(MakePosixFileSystem()->WriteAtomically(folder / "b.ignite", Sample(), 0644));
  Outcome tar = Must(
      MakeSystemProcess()->Run({{"tar", "tf", folder / "b.ignite"}, {}, std::chrono::seconds(10)}));
  EXPECT_EQ(tar.exit_code, 0);
  EXPECT_EQ(tar.output, "HEADER\nSIGNATURES\nRECIPIENTS\nMANIFEST\nINDEX\nPAYLOAD.0000\n");
}

}  // namespace
}  // namespace ignite::format
