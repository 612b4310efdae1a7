#include "payload-format/container/ustar.h"

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/process.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;

TEST(UstarTest, ABlockComesBackAsNameAndSize) {
  for (uint64_t size :
       {uint64_t{0}, uint64_t{1}, uint64_t{512}, kPayloadMemberSize, (uint64_t{1} << 33) - 1}) {
    TarMember member = Must(ReadTarBlock(MakeTarBlock("PAYLOAD.0001", size)));
    EXPECT_EQ(member.name, "PAYLOAD.0001");
    EXPECT_EQ(member.size, size);
  }
}

TEST(UstarTest, RefusesEveryFlippedBit) {
  const TarBlock block = MakeTarBlock("MANIFEST", 1234);
  for (size_t bit = 0; bit < block.size() * 8; ++bit) {
    TarBlock flipped = block;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_THAT(ReadTarBlock(flipped), FailsWith(ErrorCode::kCorrupt)) << bit;
  }
}

TEST(UstarTest, RefusesAnEmptyBlock) {
  EXPECT_THAT(ReadTarBlock(TarBlock{}), FailsWith(ErrorCode::kCorrupt));
}

TEST(UstarTest, RefusesANameThatFillsItsField) {
  TarBlock block = MakeTarBlock("x", 0);
  for (size_t i = 0; i < 100; ++i) block[i] = std::byte{'x'};
  EXPECT_THAT(ReadTarBlock(block), FailsWith(ErrorCode::kCorrupt));
}

TEST(UstarTest, RefusesASizeInBase256) {
  TarBlock block = MakeTarBlock("x", 0);
  block[124] = std::byte{0x80};
  EXPECT_THAT(ReadTarBlock(block), FailsWith(ErrorCode::kCorrupt));
}

TEST(UstarTest, TheRealTarListsAndExtractsTheMembers) {
  fakes::TemporaryDirectory folder;
  ByteWriter out;
  for (std::string_view content : {"", "abc"}) {
    std::string_view name = content.empty() ? "EMPTY" : "FULL";
    out.Raw(MakeTarBlock(name, content.size()))
        .Raw(AsBytes(content))
        .Zeros(TarPadding(content.size()));
  }
  Must(MakePosixFileSystem()->WriteAtomically(folder / "t.tar", out.Zeros(kTarEnd).bytes(), 0644));
  auto process = MakeSystemProcess();
  auto tar = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tar");
    Outcome outcome =
        Must(process->Run({arguments, {"TZ=UTC", "LC_ALL=C"}, std::chrono::seconds(10)}));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return outcome.output;
  };
  EXPECT_EQ(tar({"tf", folder / "t.tar"}), "EMPTY\nFULL\n");
  EXPECT_EQ(tar({"xOf", folder / "t.tar", "FULL"}), "abc");
  EXPECT_EQ(tar({"--numeric-owner", "-tvf", folder / "t.tar", "FULL"}),
            "-rw-r--r-- 0/0               3 1970-01-01 00:00 FULL\n");
}

TEST(UstarTest, ReckonsWhatMembersTakeInTheFile) {
  EXPECT_EQ(TarPadding(0), 0u);
  EXPECT_EQ(TarPadding(1), 511u);
  EXPECT_EQ(TarPadding(512), 0u);
  EXPECT_EQ(TarMemberLength(0), 512u);
  EXPECT_EQ(TarMemberLength(513), 512u + 1024u);
  EXPECT_EQ(PayloadMembersLength(0), 0u);
  EXPECT_EQ(PayloadMembersLength(1), 1024u);
  EXPECT_EQ(PayloadMembersLength(kPayloadMemberSize), 512 + kPayloadMemberSize);
  EXPECT_EQ(PayloadMembersLength(2 * kPayloadMemberSize + 1),
            2 * (512 + kPayloadMemberSize) + 1024);
  EXPECT_EQ(PayloadMembersLength(250, 100), 3 * 1024u);
}

TEST(UstarTest, NumbersThePayloadMembers) {
  EXPECT_EQ(PayloadMemberName(0), "PAYLOAD.0000");
  EXPECT_EQ(PayloadMemberName(129), "PAYLOAD.0129");
  // The largest payload that HEADER allows needs no fifth digit.
  uint64_t most = kMaxChunks * (uint64_t{kMaxChunkSize} + kMaxChunkOverhead);
  EXPECT_LT(most / kPayloadMemberSize, 10'000u);
}

}  // namespace
}  // namespace ignite::format
