// Folders of a few files as they stand on the probe, with owners by number: reading, hashing,
// copying. For configurations; trees of software go by their file tables.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"

namespace ignite::handlers {

inline constexpr size_t kMaxFolderEntries = 10'000;

struct FolderEntry {
  std::string path;  ///< Relative; "" for the folder itself.
  FileInfo info;
  std::string target;  ///< Of a symbolic link.
};

/// The folder and all below it, parents first, names in order. kRefused for what cannot be copied:
/// a device, a socket, a FIFO, or too many entries.
Result<std::vector<FolderEntry>> ListFolder(FileSystem& files, const std::string& folder);
/// Of names, content, links, owners and modes; times do not count.
Result<Sha256Digest> HashFolder(FileSystem& files, const std::string& folder);

using AttributesOf = std::function<FileAttributes(const FolderEntry&)>;
/// What the entry has itself.
FileAttributes SameAttributes(const FolderEntry& entry);
/// Replaces `to`. Hard links become files of their own. Durable.
Result<> CopyFolder(FileSystem& files, const std::string& from, const std::string& to,
                    const AttributesOf& attributes);

}  // namespace ignite::handlers
