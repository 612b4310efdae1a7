// What only large bundles show.

#include <gtest/gtest.h>

#include <cstring>

#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::format {
namespace {

using fakes::Keys;
using fakes::Must;

constexpr uint64_t kMiB = 1 << 20;

/// Bytes that do not compress, and that a machine makes faster than it hashes them.
class MadeUpStream : public StreamSource {
 public:
  explicit MadeUpStream(uint64_t size) : size_(size) {}

  Result<> Rewind() override {
    place_ = 0;
    return {};
  }
  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t count = static_cast<size_t>(std::min<uint64_t>(buffer.size(), size_ - place_));
    for (size_t i = 0; i < count; i += kWord) {
      uint64_t word = (place_ + i) * 0x9e3779b97f4a7c15;
      word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9;
      std::memcpy(buffer.data() + i, &word, std::min(kWord, count - i));
    }
    place_ += count;
    return count;
  }

 private:
  static constexpr size_t kWord = 8;
  uint64_t size_;
  uint64_t place_ = 0;
};

class CountingSink : public PayloadSink {
 public:
  Result<> BeginStream(size_t, size_t) override { return {}; }
  Result<> Write(ByteView plain) override {
    bytes += plain.size();
    return {};
  }
  Result<> EndStream() override { return {}; }

  uint64_t bytes = 0;
};

BundlePlan LargePlan(uint64_t size) {
  BundlePlan plan = fakes::SamplePlan();
  plan.manifest.payloads.resize(1);
  plan.sources.clear();
  plan.sources.emplace_back();
  plan.sources[0].push_back(std::make_unique<MadeUpStream>(size));
  plan.chunk_size = kMaxChunkSize;
  plan.level = 1;
  plan.threads = 0;
  return plan;
}

uint64_t ReadAll(const std::string& path) {
  auto files = MakePosixFileSystem();
  VerifiedBundle bundle = Must(VerifiedBundle::Open(Must(files->OpenFile(path)), Keys().keyring,
                                                    {&Keys().identity, 1}, PlainBundles::kRefused));
  CountingSink sink;
  Must(bundle.ReadPayloads(sink, 0, [](uint64_t) -> Result<> { return {}; }));
  return sink.bytes;
}

// Takes half a minute and 5 GB of disk: run it with --gtest_also_run_disabled_tests.
TEST(BundleSizeTest, DISABLED_ABundleOfSeveralPayloadMembersIsReadWhole) {
  fakes::TemporaryDirectory folder;
  const std::string path = folder / "huge.ignite";
  constexpr uint64_t kSize = 4500 * kMiB + 12345;
  WrittenBundle written =
      Must(WriteBundle(LargePlan(kSize), path, kSize, [](uint64_t, uint64_t) {}));
  EXPECT_GT(written.size, 2 * kPayloadMemberSize);
  EXPECT_EQ(ReadAll(path), kSize);
}

}  // namespace
}  // namespace ignite::format
