#include "payload-format/bundle_writer.h"

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "payload-format/container/layout.h"
#include "payload-format/crypto/hash.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::format {
namespace {

using fakes::Build;
using fakes::FailsWith;
using fakes::Must;
using fakes::SamplePlan;
using testing::ElementsAre;

const WriteProgress kNoProgress = [](uint64_t, uint64_t) {};

/// Gives other bytes in the second pass.
class ChangingStream : public MemoryStream {
 public:
  ChangingStream(Bytes first, Bytes second)
      : MemoryStream(std::move(first)), second_(std::move(second)) {}
  Result<> Rewind() override {
    if (++passes_ == 2) static_cast<MemoryStream&>(*this) = MemoryStream(second_);
    return MemoryStream::Rewind();
  }

 private:
  Bytes second_;
  int passes_ = 0;
};

BundlePlan PlanWith(std::unique_ptr<StreamSource> source) {
  BundlePlan plan = SamplePlan();
  plan.manifest.payloads.resize(1);
  plan.sources.clear();
  plan.sources.emplace_back();
  plan.sources[0].push_back(std::move(source));
  return plan;
}

class BundleWriterTest : public testing::Test {
 protected:
  Result<WrittenBundle> Write(BundlePlan plan) {
    return WriteBundle(std::move(plan), path_, 0, kNoProgress);
  }
  std::vector<std::string> Names() { return Must(files_->List(folder_.path())); }

  fakes::TemporaryDirectory folder_;
  std::string path_ = folder_ / "b.ignite";
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
};

TEST_F(BundleWriterTest, SaysHowLongTheFileIsAndWhatItsContentIdIs) {
  WrittenBundle written = Must(Write(SamplePlan()));
  EXPECT_EQ(Must(files_->Inspect(path_))->size, written.size);
  auto bundle = Must(VerifiedBundle::Open(Must(files_->OpenFile(path_)), fakes::Keys().keyring,
                                          {&fakes::Keys().identity, 1}, PlainBundles::kRefused));
  EXPECT_EQ(bundle.content_id(), written.content_id);
  EXPECT_EQ(written.content_id, Sha256(AsBytes(bundle.manifest().Serialize())));
  EXPECT_THAT(Names(), ElementsAre("b.ignite"));
}

TEST_F(BundleWriterTest, TwoBuildsOfTheSameInputsHaveOneContentIdAndNoCommonKey) {
  WrittenBundle first = Must(Write(SamplePlan()));
  std::string first_bytes = Must(files_->ReadFile(path_, 1 << 20));
  BundlePlan plan = SamplePlan();
  plan.threads = 4;
  WrittenBundle second = Must(Write(std::move(plan)));
  EXPECT_EQ(first.content_id, second.content_id);
  EXPECT_EQ(first.size, second.size);
  std::string second_bytes = Must(files_->ReadFile(path_, 1 << 20));
  constexpr size_t kSaltAt = kTarBlock + 136;
  constexpr size_t kCommitmentAt = kSaltAt + 32;
  EXPECT_NE(first_bytes.substr(kSaltAt, 32), second_bytes.substr(kSaltAt, 32));
  EXPECT_NE(first_bytes.substr(kCommitmentAt, 32), second_bytes.substr(kCommitmentAt, 32));
}

TEST_F(BundleWriterTest, RefusesASourceThatChangedBetweenThePasses) {
  struct {
    const char* what;
    Bytes first, second;
  } const kChanges[] = {
      {"one byte", Bytes(9000, std::byte{1}), Bytes(9000, std::byte{2})},
      {"shorter", Bytes(9000), Bytes(8999)},
      {"shorter by a chunk", Bytes(8192), Bytes(4096)},
      {"longer", Bytes(9000), Bytes(9001)},
      {"longer by a chunk", Bytes(8192), Bytes(12288)},
      {"gone", Bytes(9000), {}},
      {"come", {}, Bytes(9000)},
  };
  Must(files_->WriteAtomically(path_, AsBytes("the bundle before"), 0644));
  for (const auto& change : kChanges) {
    for (unsigned threads : {1, 4}) {
      BundlePlan plan = PlanWith(std::make_unique<ChangingStream>(change.first, change.second));
      plan.threads = threads;
      EXPECT_THAT(Write(std::move(plan)), FailsWith(ErrorCode::kInvalidArgument, "changed"))
          << change.what;
    }
  }
  EXPECT_EQ(Must(files_->ReadFile(path_, 100)), "the bundle before");
  EXPECT_THAT(Names(), ElementsAre("b.ignite")) << "no part is left";
}

TEST_F(BundleWriterTest, HandsOnAnErrorOfASource) {
  class BrokenStream : public MemoryStream {
   public:
    explicit BrokenStream(int good_reads) : MemoryStream(Bytes(20'000)), reads_left_(good_reads) {}
    Result<size_t> Read(std::span<std::byte> buffer) override {
      if (reads_left_-- == 0) return Error{ErrorCode::kIo, "a bad block", ""};
      return MemoryStream::Read(buffer);
    }

   private:
    int reads_left_;
  };
  for (int reads = 0; reads < 10; ++reads) {
    EXPECT_THAT(Write(PlanWith(std::make_unique<BrokenStream>(reads))),
                FailsWith(ErrorCode::kIo, "a bad block"));
  }
  EXPECT_TRUE(Names().empty());
}

TEST_F(BundleWriterTest, ReplacesAnOlderBundle) {
  Must(files_->WriteAtomically(path_, Bytes(1 << 20), 0644));
  WrittenBundle written = Must(Write(SamplePlan()));
  EXPECT_EQ(Must(files_->Inspect(path_))->size, written.size);
}

TEST_F(BundleWriterTest, TakesOverThePermissionsOfTheBundleThatItReplaces) {
  Must(files_->WriteAtomically(path_, AsBytes("the bundle before"), 0640));
  Must(Write(SamplePlan()));
  EXPECT_EQ(Must(files_->Inspect(path_))->mode, 0640u);
}

TEST_F(BundleWriterTest, ReplacesWhatAnInterruptedBuildLeft) {
  Must(files_->WriteAtomically(path_ + ".part", Bytes(1 << 20), 0644));
  WrittenBundle written = Must(Write(SamplePlan()));
  EXPECT_EQ(Must(files_->Inspect(path_))->size, written.size);
  EXPECT_THAT(Names(), ElementsAre("b.ignite"));
}

/// Calls a function when it is read for the second time.
class WatchedStream : public MemoryStream {
 public:
  explicit WatchedStream(std::function<void()> in_second_pass)
      : MemoryStream(Bytes(9000)), in_second_pass_(std::move(in_second_pass)) {}
  Result<> Rewind() override {
    if (++passes_ == 2) in_second_pass_();
    return MemoryStream::Rewind();
  }

 private:
  std::function<void()> in_second_pass_;
  int passes_ = 0;
};

TEST_F(BundleWriterTest, TwoWritersOfOneBundleDoNotMixTheirBytes) {
  WrittenBundle written = Must(Write(PlanWith(std::make_unique<WatchedStream>(
      [&] { EXPECT_THAT(Write(SamplePlan()), FailsWith(ErrorCode::kBusy, "b.ignite.part")); }))));
  EXPECT_EQ(Must(files_->Inspect(path_))->size, written.size);
  Must(fakes::ReadBundle(Must(files_->OpenFile(path_))));
  EXPECT_THAT(Names(), ElementsAre("b.ignite"));
}

TEST_F(BundleWriterTest, RefusesSignersThatTheFormatHasNoPlaceFor) {
  BundlePlan plan = SamplePlan();
  plan.signers.clear();
  EXPECT_THAT(Write(std::move(plan)), FailsWith(ErrorCode::kInvalidArgument, "sign"));
  plan = SamplePlan();
  while (plan.signers.size() < kMaxSignatures)
    plan.signers.push_back(fakes::SignerOf(PrivateKey::Generate(KeyType::kEd25519)));
  fakes::Must(Write(std::move(plan)));
  plan = SamplePlan();
  while (plan.signers.size() <= kMaxSignatures)
    plan.signers.push_back(fakes::SignerOf(PrivateKey::Generate(KeyType::kEd25519)));
  EXPECT_THAT(Write(std::move(plan)), FailsWith(ErrorCode::kInvalidArgument, "sign"));
}

TEST_F(BundleWriterTest, RefusesARecipientThatIsNoSoundKey) {
  BundlePlan plan = SamplePlan();
  plan.recipients.push_back({KeyType::kX25519, {}});
  EXPECT_THAT(Write(std::move(plan)), FailsWith(ErrorCode::kInvalidArgument, "X25519"));
  EXPECT_TRUE(Names().empty());
}

TEST_F(BundleWriterTest, RefusesAManifestThatIsTooLarge) {
  BundlePlan plan = SamplePlan();
  plan.manifest.notes.push_back({"en", std::string(kMaxManifestSize, 'x')});
  EXPECT_THAT(Write(std::move(plan)), FailsWith(ErrorCode::kInvalidArgument, "larger"));
}

TEST_F(BundleWriterTest, ShowsTheProgressOfBothPasses) {
  std::vector<uint64_t> done;
  BundlePlan plan = PlanWith(std::make_unique<MemoryStream>(Bytes(9000)));
  Must(WriteBundle(std::move(plan), path_, 9000, [&](uint64_t so_far, uint64_t total) {
    EXPECT_EQ(total, 18'000u);
    done.push_back(so_far);
  }));
  EXPECT_THAT(done, ElementsAre(4096, 8192, 9000, 13096, 17192, 18000));
}

}  // namespace
}  // namespace ignite::format
