#include "packager/image_payload.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "payload-format/container/layout.h"
#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::packager {
namespace {

using fakes::FailsWith;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr uint64_t kMiB = 1 << 20;

class ImagePayloadTest : public testing::Test {
 protected:
  std::string Path(std::string_view name = "rootfs.ext4") const { return folder_ / name; }

  /// A file of `size` bytes that are holes but for `text` at each of `places`.
  void MakeSparse(uint64_t size, std::string_view text, const std::vector<uint64_t>& places) {
    UniqueFd fd(open(Path().c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    ASSERT_EQ(ftruncate(fd.get(), static_cast<off_t>(size)), 0);
    for (uint64_t place : places) {
      ASSERT_EQ(pwrite(fd.get(), text.data(), text.size(), static_cast<off_t>(place)),
                static_cast<ssize_t>(text.size()));
    }
  }
  void Truncate(uint64_t size) { ASSERT_EQ(truncate(Path().c_str(), static_cast<off_t>(size)), 0); }

  std::unique_ptr<PayloadInput> Read(std::string_view section, std::vector<Fault>& faults) {
    IniFile ini = ParseIni(section);
    RecipeSection recipe_section(ini.sections.at(0), faults);
    return ReadImageInput(recipe_section, folder_.path());
  }

  /// "LINE: MESSAGE (REMEDY)" of each fault.
  std::vector<std::string> FaultsOf(std::string_view source, std::string_view component = "os") {
    std::vector<Fault> faults;
    (void)Read(StrCat("[payload system]\ncomponent = ", component, "\nsource = ", source, "\n"),
               faults);
    std::vector<std::string> lines;
    for (const Fault& fault : faults)
      lines.push_back(StrCat(fault.line, ": ", fault.message, " (", fault.remedy, ")"));
    return lines;
  }

  std::unique_ptr<PayloadInput> GoodInput() {
    std::vector<Fault> faults;
    auto input = Read("[payload system]\ncomponent = os\nsource = rootfs.ext4\n", faults);
    EXPECT_THAT(faults, IsEmpty());
    return input;
  }

  static Result<PayloadContent> Collect(PayloadInput& input) {
    std::vector<Fault> faults;
    return input.Collect({"system", "os", std::nullopt, [](std::string_view) {}}, faults);
  }

  static Result<std::string> ReadAll(format::StreamSource& stream, size_t piece) {
    TRY(stream.Rewind());
    std::string text;
    Bytes buffer(piece);
    while (size_t got = TRY(stream.Read(buffer))) text += AsText(ByteView(buffer).first(got));
    return text;
  }

  /// What this process has read with system calls so far.
  static uint64_t BytesRead() {
    std::ifstream file("/proc/self/io");
    std::string word;
    uint64_t number = 0;
    file >> word >> number;
    EXPECT_EQ(word, "rchar:");
    return number;
  }

  fakes::TemporaryDirectory folder_;
};

TEST_F(ImagePayloadTest, TheStreamIsTheFileByteForByteInEachPass) {
  std::string text(100'000, '\0');
  for (size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>(i);
  std::ofstream(Path()) << text;
  PayloadContent content = Must(Collect(*GoodInput()));
  EXPECT_EQ(content.spec, Json::EmptyObject());
  EXPECT_EQ(content.plain_bytes, text.size());
  ASSERT_EQ(content.streams.size(), 1u);
  for (size_t piece : {4096, 999, 200'000}) {
    EXPECT_TRUE(Must(ReadAll(*content.streams[0], piece)) == text) << piece;
  }
}

TEST_F(ImagePayloadTest, HolesAreZerosAtTheStartInTheMiddleAndAtTheEnd) {
  MakeSparse(8 * kMiB, "data", {2 * kMiB, 5 * kMiB - 2});
  std::string expected(8 * kMiB, '\0');
  expected.replace(2 * kMiB, 4, "data").replace(5 * kMiB - 2, 4, "data");
  PayloadContent content = Must(Collect(*GoodInput()));
  EXPECT_TRUE(Must(ReadAll(*content.streams[0], kMiB)) == expected);
  MakeSparse(8 * kMiB, "", {});
  EXPECT_TRUE(Must(ReadAll(*Must(Collect(*GoodInput())).streams[0], kMiB)) ==
              std::string(8 * kMiB, '\0'));
}

TEST_F(ImagePayloadTest, HolesAreNotReadFromTheDisk) {
  MakeSparse(64 * kMiB, "data", {0, 40 * kMiB});
  PayloadContent content = Must(Collect(*GoodInput()));
  uint64_t before = BytesRead();
  EXPECT_EQ(Must(ReadAll(*content.streams[0], kMiB)).size(), 64 * kMiB);
  EXPECT_LT(BytesRead() - before, kMiB);
}

TEST_F(ImagePayloadTest, AFileOfAnotherSizeThanItHadIsAnError) {
  for (uint64_t size : {uint64_t{0}, 3 * kMiB, 4 * kMiB - 1, 4 * kMiB + 1, 9 * kMiB}) {
    MakeSparse(4 * kMiB, "data", {0, 2 * kMiB, 4 * kMiB - 4});
    auto input = GoodInput();
    Truncate(size);
    PayloadContent content = Must(Collect(*input));
    EXPECT_THAT(ReadAll(*content.streams[0], kMiB), FailsWith(ErrorCode::kIo, "changed")) << size;
  }
}

TEST_F(ImagePayloadTest, AFileThatShrinksWhileItIsReadIsAnError) {
  MakeSparse(4 * kMiB, std::string(4 * kMiB, 'x'), {0});
  PayloadContent content = Must(Collect(*GoodInput()));
  Must(content.streams[0]->Rewind());
  Bytes buffer(kMiB);
  EXPECT_EQ(Must(content.streams[0]->Read(buffer)), kMiB);
  Truncate(kMiB + 5);
  EXPECT_THAT(content.streams[0]->Read(buffer), FailsWith(ErrorCode::kIo, "changed"));
}

TEST_F(ImagePayloadTest, AFileThatIsReplacedByNoFileIsAnError) {
  std::ofstream(Path()) << "x";
  auto input = GoodInput();
  ASSERT_EQ(unlink(Path().c_str()), 0);
  EXPECT_THAT(Collect(*input), FailsWith(ErrorCode::kNotFound));
  ASSERT_EQ(mkfifo(Path().c_str(), 0600), 0);
  EXPECT_THAT(Collect(*input), FailsWith(ErrorCode::kIo, "changed"));
}

TEST_F(ImagePayloadTest, WhatIsNoFileIsRefusedWithItsLineAndARemedy) {
  EXPECT_THAT(FaultsOf("absent.ext4"),
              ElementsAre(testing::AllOf(HasSubstr("3: there is no '"), HasSubstr("absent.ext4'"),
                                         HasSubstr("(give the file of the image"))));
  EXPECT_THAT(FaultsOf(folder_.path()),
              ElementsAre(testing::AllOf(HasSubstr("is a folder"), HasSubstr("type = tree"))));
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  EXPECT_THAT(FaultsOf("fifo"), ElementsAre(HasSubstr("is a FIFO (give a regular file")));
  EXPECT_THAT(FaultsOf("/dev/null"), ElementsAre(HasSubstr("is neither a file nor a folder")));
}

TEST_F(ImagePayloadTest, ABlockDeviceIsRefused) {
  if (mknod(Path("disk").c_str(), S_IFBLK | 0600, makedev(7, 0)) != 0)
    GTEST_SKIP() << "only root can make a device node";
  EXPECT_THAT(FaultsOf("disk"),
              ElementsAre(testing::AllOf(HasSubstr("3: '"), HasSubstr("is a block device"),
                                         HasSubstr("(copy it to a file first"))));
}

TEST_F(ImagePayloadTest, AnEmptyFileAndOneThatNoBundleCanHoldAreRefused) {
  constexpr uint64_t kLargest = format::kMaxChunks * format::kMaxChunkSize;
  MakeSparse(0, "", {});
  EXPECT_THAT(FaultsOf("rootfs.ext4"), ElementsAre(HasSubstr("is empty (build the image")));
  MakeSparse(kLargest, "", {});
  EXPECT_THAT(FaultsOf("rootfs.ext4"), IsEmpty());
  MakeSparse(kLargest + 1, "", {});
  EXPECT_THAT(FaultsOf("rootfs.ext4"),
              ElementsAre(HasSubstr("274877906945 bytes, a bundle can hold 274877906944 (shrink")));
}

TEST_F(ImagePayloadTest, OnlyTheComponentOsTakesAnImage) {
  std::ofstream(Path()) << "x";
  EXPECT_THAT(FaultsOf("rootfs.ext4", "app/web"),
              ElementsAre(HasSubstr(
                  "2: an image cannot be of the component 'app/web' (write component = os)")));
}

TEST_F(ImagePayloadTest, ASymbolicLinkToAFileIsFollowed) {
  std::ofstream(Path("rootfs-12.6.ext4")) << "bytes";
  ASSERT_EQ(symlink("rootfs-12.6.ext4", Path().c_str()), 0);
  EXPECT_EQ(Must(ReadAll(*Must(Collect(*GoodInput())).streams[0], 100)), "bytes");
}

}  // namespace
}  // namespace ignite::packager
