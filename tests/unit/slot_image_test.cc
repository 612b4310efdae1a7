#include "agent/handlers/slot_image.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>

#include "base/file_system.h"
#include "tests/fakes/must.h"
#include "tests/fakes/random.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

constexpr size_t kMiB = size_t{1024} * 1024;
/// Two blocks and a piece.
constexpr size_t kImage = 2 * kMiB + 5000;

/// No file grows past it while this lives, as on a disk that is full.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    handler_ = signal(SIGXFSZ, SIG_IGN);
  }
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class SlotImageTest : public testing::Test {
 protected:
  void Resize(size_t bytes) { std::filesystem::resize_file(slot_, bytes); }
  /// What the device does behind our back.
  void Damage(size_t place) {
    std::string content = Read();
    content[place] = static_cast<char>(~content[place]);
    Must(files_->Overwrite(slot_, 0, AsBytes(content)));
  }
  std::string Read() { return Must(files_->ReadFile(slot_, 2 * kImage)); }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  std::string slot_ = folder_ / "slot";
  std::string image_ = std::string(kImage, 'i');
  SlotImage::GoOn go_on_ = [] { return true; };

  void SetUp() override {
    Must(files_->WriteAtomically(slot_, AsBytes(std::string(3 * kMiB, 's')), 0644));
  }
};

TEST_F(SlotImageTest, HoldsTheImageAndLeavesTheRest) {
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  for (size_t place = 0; place < kImage; place += 100'000)
    Must(slot.Write(AsBytes(std::string_view(image_).substr(place, 100'000))));
  EXPECT_THAT(slot.Finish(go_on_), Succeeds());
  EXPECT_EQ(Read(), image_ + std::string(3 * kMiB - kImage, 's'));
}

TEST_F(SlotImageTest, ABlockThatDiffersInItsLastByteIsWritten) {
  Must(files_->Overwrite(slot_, 0, AsBytes(image_)));
  Damage(kMiB - 1);
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  Must(slot.Write(AsBytes(image_)));
  EXPECT_THAT(slot.Finish(go_on_), Succeeds());
}

/// On a real file system, where what is no whole piece cannot be written past the page cache.
TEST_F(SlotImageTest, AnImageThatEndsWithinAPieceIsWrittenOnADiskAsWell) {
  fakes::TemporaryDirectory folder("/var/tmp");
  slot_ = folder / "slot";
  SetUp();
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  Must(slot.Write(AsBytes(image_)));
  EXPECT_THAT(slot.Finish(go_on_), Succeeds());
  EXPECT_EQ(Read(), image_ + std::string(3 * kMiB - kImage, 's'));
}

TEST_F(SlotImageTest, WhatTheDeviceHasNotIsNotTakenForHeld) {
  Must(files_->Overwrite(slot_, 0, AsBytes(image_)));
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  Must(slot.Write(AsBytes(image_).first(kMiB)));
  Resize(kMiB);
  Must(slot.Write(AsBytes(image_).subspan(kMiB)));
  EXPECT_THAT(slot.Finish(go_on_), Succeeds());
  EXPECT_EQ(Read(), image_);
}

TEST_F(SlotImageTest, AFileThatIsTooSmallIsNotOpened) {
  Resize(kImage - 1);
  EXPECT_THAT(SlotImage::Open(slot_, kImage), FailsWith(ErrorCode::kRefused));
}

TEST_F(SlotImageTest, AFolderIsNoDevice) {
  EXPECT_THAT(SlotImage::Check(folder_.path(), 1), FailsWith(ErrorCode::kRefused));
  EXPECT_THAT(SlotImage::Check("/dev/null", 0), FailsWith(ErrorCode::kRefused));
}

TEST_F(SlotImageTest, ADeviceThatReturnsSomethingElseIsFound) {
  for (size_t place : {size_t{0}, kMiB, kImage - 1}) {
    SlotImage slot = Must(SlotImage::Open(slot_, kImage));
    Must(slot.Write(AsBytes(image_)));
    // Written with the rest of the image when it ends.
    bool is_damaged = false;
    EXPECT_THAT(slot.Finish([&] {
      if (!is_damaged) Damage(place);
      is_damaged = true;
      return true;
    }),
                FailsWith(ErrorCode::kIo));
  }
}

TEST_F(SlotImageTest, ADeviceThatEndsTooSoonIsFound) {
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  Must(slot.Write(AsBytes(image_)));
  auto truncate = [&] {
    Resize(2 * kMiB);
    return true;
  };
  EXPECT_THAT(slot.Finish(truncate), FailsWith(ErrorCode::kIo));
}

TEST_F(SlotImageTest, ReadingBackCanBeStopped) {
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  Must(slot.Write(AsBytes(image_)));
  EXPECT_THAT(slot.Finish([] { return false; }), FailsWith(ErrorCode::kCancelled));
}

TEST_F(SlotImageTest, ABlockThatCannotBeWrittenIsToldAtOnce) {
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  FileLimit limit(kMiB / 2);
  EXPECT_THAT(slot.Write(AsBytes(image_)), FailsWith(ErrorCode::kIo));
}

TEST_F(SlotImageTest, ALastBlockThatCannotBeWrittenIsTold) {
  SlotImage slot = Must(SlotImage::Open(slot_, kImage));
  Must(slot.Write(AsBytes(image_)));
  FileLimit limit(2 * kMiB);
  EXPECT_THAT(slot.Finish(go_on_), FailsWith(ErrorCode::kIo, "writing"));
}

}  // namespace
}  // namespace ignite::handlers
