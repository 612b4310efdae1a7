#include "packager/image_payload.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/unique_fd.h"
#include "payload-format/container/layout.h"
#include "payload-format/image/image_spec.h"

namespace ignite::packager {
namespace {

using format::ImageSpec;

/// All that the chunks of one bundle can hold.
constexpr uint64_t kMaxImageSize = format::kMaxChunks * format::kMaxChunkSize;

/// The bytes of a file that must have `size` of them, extent by extent: a hole is not read.
class ImageStream : public format::StreamSource {
 public:
  ImageStream(UniqueFd fd, std::string path, uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  Result<> Rewind() override {
    place_ = extent_end_ = 0;
    return {};
  }

  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t filled = 0;
    while (filled < buffer.size() && place_ < size_) {
      if (place_ == extent_end_) TRY(FindExtent());
      uint64_t count = std::min<uint64_t>(buffer.size() - filled, extent_end_ - place_);
      TRY(ReadExtent(buffer.subspan(filled, static_cast<size_t>(count))));
      filled += static_cast<size_t>(count);
      place_ += count;
    }
    if (place_ == size_ && TRY(Seek(0, SEEK_END)) != size_) return ChangedMeanwhile(path_);
    return filled;
  }

 private:
  Result<> FindExtent() {
    // Behind the last data there is a hole up to the end.
    uint64_t data = TRY(Seek(place_, SEEK_DATA)).value_or(size_);
    is_hole_ = data > place_;
    uint64_t end = is_hole_ ? data : TRY(Seek(place_, SEEK_HOLE)).value_or(size_);
    extent_end_ = std::min(end, size_);
    return {};
  }

  Result<> ReadExtent(std::span<std::byte> buffer) {
    if (is_hole_) {
      std::fill(buffer.begin(), buffer.end(), std::byte{0});
      return {};
    }
    TRY(Seek(place_, SEEK_SET));
    if (TRY(ReadFully(fd_.get(), buffer, path_)) == buffer.size()) return {};
    return ChangedMeanwhile(path_);
  }

  /// nullopt where the file has nothing of the kind from `offset` on.
  Result<std::optional<uint64_t>> Seek(uint64_t offset, int whence) const {
    off_t place = lseek(fd_.get(), static_cast<off_t>(offset), whence);
    if (place >= 0) return std::optional(static_cast<uint64_t>(place));
    if (errno == ENXIO) return std::optional<uint64_t>();
    return SystemError(StrCat("seeking in ", path_), errno);
  }

  UniqueFd fd_;
  std::string path_;
  uint64_t size_;
  uint64_t place_ = 0;
  uint64_t extent_end_ = 0;  ///< Where the extent of place_ ends.
  bool is_hole_ = false;     ///< That extent.
};

class ImageInput : public PayloadInput {
 public:
  ImageInput(std::string source, uint64_t size) : source_(std::move(source)), size_(size) {}

  std::vector<TakenPlace> Places() const override { return {}; }
  std::vector<std::string> Sources() const override { return {source_}; }

  Result<PayloadContent> Collect(const CollectContext&, std::vector<Fault>&) override {
    UniqueFd fd(open(source_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0)
      return SystemError(StrCat("opening ", source_), errno);
    if (!S_ISREG(status.st_mode)) return ChangedMeanwhile(source_);
    PayloadContent content;
    content.spec = Json::EmptyObject();
    content.plain_bytes = size_;
    content.streams.push_back(std::make_unique<ImageStream>(std::move(fd), source_, size_));
    return content;
  }

 private:
  std::string source_;
  uint64_t size_;
};

/// What keeps a file from being an image, and what would help.
struct Objection {
  std::string what;
  std::string_view remedy;
};

std::optional<Objection> ObjectionTo(const std::string& path, const struct stat& status) {
  constexpr std::string_view kGiveAFile = "give a regular file that holds the image";
  if (S_ISDIR(status.st_mode)) {
    return Objection{StrCat(Quoted(path), " is a folder"),
                     "make a file system image of it, or write type = tree"};
  }
  if (S_ISBLK(status.st_mode)) {
    return Objection{StrCat(Quoted(path), " is a block device"),
                     "copy it to a file first, and give that"};
  }
  if (S_ISFIFO(status.st_mode)) return Objection{StrCat(Quoted(path), " is a FIFO"), kGiveAFile};
  if (!S_ISREG(status.st_mode)) {
    return Objection{StrCat(Quoted(path), " is neither a file nor a folder"), kGiveAFile};
  }
  if (status.st_size == 0) {
    return Objection{StrCat(Quoted(path), " is empty"), "build the image before the bundle"};
  }
  if (static_cast<uint64_t>(status.st_size) > kMaxImageSize) {
    return Objection{
        StrCat(Quoted(path), " has ", status.st_size, " bytes, a bundle can hold ", kMaxImageSize),
        "shrink the file system and cut the image off behind it"};
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<PayloadInput> ReadImageInput(RecipeSection& section, const std::string& folder) {
  std::string component = section.Optional("component");
  if (format::IsComponent(component) && component != ImageSpec::kComponent) {
    section.Refuse("component", StrCat("an image cannot be of the component ", Quoted(component)),
                   StrCat("write component = ", ImageSpec::kComponent));
  }
  std::string source = section.Required("source", "rootfs.ext4");
  if (source.empty()) return std::make_unique<ImageInput>("", 0);
  source = BesideRecipe(folder, source);
  struct stat status {};
  if (stat(source.c_str(), &status) != 0) {
    bool is_absent = errno == ENOENT || errno == ENOTDIR;
    section.Refuse("source",
                   is_absent ? StrCat("there is no ", Quoted(source))
                             : SystemError(StrCat("looking at ", Quoted(source)), errno).cause,
                   "give the file of the image, by its path from the recipe's folder");
  } else if (auto objection = ObjectionTo(source, status)) {
    section.Refuse("source", objection->what, objection->remedy);
  }
  return std::make_unique<ImageInput>(std::move(source), static_cast<uint64_t>(status.st_size));
}

}  // namespace ignite::packager
