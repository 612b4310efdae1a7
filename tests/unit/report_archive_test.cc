#include "agent/outbox/report_archive.h"

#include <gmock/gmock.h>
#include <zstd.h>

#include "base/str_cat.h"
#include "payload-format/container/ustar.h"

namespace ignite::outbox {
namespace {

using testing::ElementsAre;
using testing::Pair;

/// Name -> text, in their order, and that the tar ends as one must.
std::vector<std::pair<std::string, std::string>> Unpacked(const Bytes& archive, size_t& tar_size) {
  Bytes tar(16 * 1024 * 1024);
  tar_size = ZSTD_decompress(tar.data(), tar.size(), archive.data(), archive.size());
  EXPECT_FALSE(ZSTD_isError(tar_size));
  std::vector<std::pair<std::string, std::string>> members;
  size_t at = 0;
  for (; !IsAllZero(ByteView(tar).subspan(at, format::kTarBlock));) {
    format::TarBlock block;
    std::copy_n(tar.begin() + static_cast<ptrdiff_t>(at), block.size(), block.begin());
    auto member = format::ReadTarBlock(block);
    EXPECT_TRUE(member);
    members.push_back({member->name, std::string(AsText(ByteView(tar).subspan(
                                         at + format::kTarBlock, member->size)))});
    at += format::TarMemberLength(member->size);
  }
  EXPECT_EQ(tar_size, at + 2 * format::kTarBlock);
  return members;
}

TEST(ReportArchiveTest, HasAllPartsInTheirOrder) {
  size_t size = 0;
  std::string block(512, 'b');
  EXPECT_THAT(Unpacked(PackReport({{"b.txt", block}, {"a.txt", "one\n"}, {"log/c.txt", ""}}), size),
              ElementsAre(Pair("report/b.txt", block), Pair("report/a.txt", "one\n"),
                          Pair("report/log/c.txt", "")));
}

TEST(ReportArchiveTest, OfALongTextTheEndStays) {
  size_t size = 0;
  std::string log = std::string(5000, 'x') + "the last words\n";
  auto members = Unpacked(PackReport({{"log.txt", log}}, {1000, 100'000}), size);
  EXPECT_EQ(members[0].second.size(), 1000u);
  EXPECT_TRUE(members[0].second.starts_with("(of 5015 bytes the end)\nx")) << members[0].second;
  EXPECT_TRUE(
      members[0].second.ends_with("x"
                                  "the last words\n"));
}

TEST(ReportArchiveTest, IsNeverLargerThanItsBounds) {
  for (size_t all : {2048u, 2049u, 4096u, 5000u, 10'000u}) {
    size_t size = 0;
    std::vector<ReportPart> parts(20, {"log.txt", std::string(3000, 'x')});
    auto members = Unpacked(PackReport(parts, {1500, all}), size);
    EXPECT_LE(size, all);
    EXPECT_LT(members.size(), 7u);
  }
}

}  // namespace
}  // namespace ignite::outbox
