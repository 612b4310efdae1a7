#include "agent/handlers/slot_folder.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

bool IsSame(const FileInfo& one, const FileInfo& other) {
  return one.device == other.device && one.inode == other.inode;
}

/// Through a final link, as whoever uses the place goes.
Result<std::optional<FileInfo>> InspectReal(FileSystem& files, const std::string& path) {
  auto real = files.RealPath(path);
  if (!real && real.error().code == ErrorCode::kNotFound) return std::optional<FileInfo>();
  return files.Inspect(TRY(std::move(real)));
}

class SlotLook {
 public:
  SlotLook(FileSystem& files, const std::string& folder) : files_(files), folder_(folder) {}

  Result<SlotContent> Run(const PlacesInUse& in_use) {
    auto slot = TRY(files_.Inspect(folder_));
    if (!slot || slot->type != FileInfo::Type::kDirectory) {
      return Error{ErrorCode::kRefused,
                   StrCat("the slot ", folder_, slot ? " is no folder" : " is not there"),
                   "make the folder, or correct 'path' of the slot in agent.ini"};
    }
    device_ = slot->device;
    TRY(CheckWays(in_use));
    TRY(Visit(folder_, *slot));
    while (!folders_.empty()) {
      std::string folder = std::move(folders_.back());
      folders_.pop_back();
      for (const std::string& name : TRY(files_.List(folder))) {
        std::string path = StrCat(folder, "/", name);
        // What is gone since it was listed frees nothing any more.
        if (auto info = TRY(files_.Inspect(path))) TRY(Enter(path, *info));
      }
    }
    return content_;
  }

 private:
  struct Place {
    std::string path;
    FileInfo info;
  };

  /// From the slot upwards: whether it lies in the one that runs. Notes the places to be met.
  Result<> CheckWays(const PlacesInUse& in_use) {
    std::vector<std::string> places = in_use.others;
    if (!in_use.running_slot.empty()) places.push_back(in_use.running_slot);
    for (const std::string& path : places) {
      if (auto info = TRY(InspectReal(files_, path))) in_use_.push_back({path, *info});
    }
    auto running = in_use.running_slot.empty() ? std::optional<FileInfo>()
                                               : TRY(InspectReal(files_, in_use.running_slot));
    std::string above = ParentOf(TRY(files_.RealPath(folder_)));
    for (; running && above != "/"; above = ParentOf(above)) {
      auto info = TRY(files_.Inspect(above));
      if (info && IsSame(*info, *running))
        return InUse(StrCat("it lies in ", in_use.running_slot, ", the slot that runs"));
    }
    return {};
  }

  Result<> Enter(const std::string& path, const FileInfo& info) {
    if (info.is_mount) {
      return Error{
          ErrorCode::kRefused,
          StrCat("the slot ", folder_, " is in use: something is mounted at ", Printable(path)),
          "unmount it: an operating system is written to a slot that nothing uses"};
    }
    Count(info);
    return info.type == FileInfo::Type::kDirectory ? Visit(path, info) : Result<>();
  }

  Result<> Visit(const std::string& path, const FileInfo& info) {
    auto met = std::find_if(in_use_.begin(), in_use_.end(),
                            [&](const Place& place) { return IsSame(place.info, info); });
    if (met != in_use_.end()) return InUse(StrCat("it is or holds ", met->path, ", which is live"));
    folders_.push_back(path);
    return {};
  }

  void Count(const FileInfo& info) {
    if (info.device != device_) return;
    bool is_last = info.type == FileInfo::Type::kDirectory || info.links <= 1 ||
                   ++names_[info.inode] == info.links;
    if (!is_last) return;
    content_.bytes += info.disk_bytes;
    ++content_.inodes;
  }

  Error InUse(std::string_view why) const {
    return {ErrorCode::kRefused, StrCat("the slot ", folder_, " is in use: ", why),
            "correct [slot a] and [slot b] of agent.ini"};
  }

  FileSystem& files_;
  const std::string& folder_;
  uint64_t device_ = 0;
  std::vector<Place> in_use_;
  std::vector<std::string> folders_;    ///< Still to be listed.
  std::map<uint64_t, uint64_t> names_;  ///< Seen so far of a file with several, by its inode.
  SlotContent content_;
};

}  // namespace

Result<SlotContent> LookIntoSlot(FileSystem& files, const std::string& folder,
                                 const PlacesInUse& in_use) {
  return SlotLook(files, folder).Run(in_use);
}

}  // namespace ignite::handlers
