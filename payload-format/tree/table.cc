#include "payload-format/tree/table.h"

#include <algorithm>

#include "base/str_cat.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::format {
namespace {

constexpr std::string_view kTableMagic{"IGNTREE\0", 8};
constexpr size_t kTableHeadSize = 16;
constexpr size_t kEntryHeadSize = 68;
constexpr size_t kReadAhead = 64 * 1024;
constexpr size_t kMaxSymlinkTarget = 4095;

Error Damaged(std::string_view what, std::string_view path = {}) {
  std::string cause = StrCat("the file table of a tree is wrong: ", what);
  if (!path.empty()) cause += StrCat(", at ", path);
  return {ErrorCode::kCorrupt, std::move(cause), "build the bundle anew"};
}

bool HasContent(EntryType type) { return type == EntryType::kFile || type == EntryType::kCopy; }

/// Fields that an entry's type has no use for must be empty, so that one tree has one table.
Result<> CheckFields(const TreeEntry& entry) {
  bool has_content = HasContent(entry.type);
  bool refers = entry.type == EntryType::kHardLink || entry.type == EntryType::kCopy;
  bool is_symlink = entry.type == EntryType::kSymlink;
  bool is_link = entry.type == EntryType::kHardLink;
  if (!IsTreePath(entry.path)) return Damaged("a path that no tree can have");
  if (entry.mode > 07777 || entry.mtime.nanoseconds > 999'999'999)
    return Damaged("mode or time", entry.path);
  if (!has_content &&
      (entry.size != 0 || !entry.capabilities.empty() || entry.digest != Sha256Digest())) {
    return Damaged("content where there can be none", entry.path);
  }
  if (!refers && entry.earlier != 0)
    return Damaged("a reference where there can be none", entry.path);
  if (is_symlink == entry.target.empty() || entry.target.size() > kMaxSymlinkTarget ||
      entry.target.find('\0') != std::string::npos) {
    return Damaged("a link target", entry.path);
  }
  if (is_symlink && entry.mode != 0777) return Damaged("the mode of a symbolic link", entry.path);
  bool named = IsAccountName(entry.owner) && IsAccountName(entry.group);
  bool nameless =
      entry.owner.empty() && entry.group.empty() && entry.mode == 0 && entry.mtime == FileTime();
  if (is_link ? !nameless : !named) return Damaged("owner or group", entry.path);
  size_t capabilities = entry.capabilities.size();
  if (capabilities != 0 && capabilities != 20 && capabilities != 24)
    return Damaged("capabilities", entry.path);
  return {};
}

}  // namespace

bool ComesBefore(std::string_view a, std::string_view b) {
  auto weight = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [&](char x, char y) { return weight(x) < weight(y); });
}

bool LinkEscapes(std::string_view path, std::string_view target) {
  if (target.starts_with('/')) return true;
  auto depth = std::count(path.begin(), path.end(), '/');
  for (size_t begin = 0; begin < target.size();) {
    size_t end = std::min(target.find('/', begin), target.size());
    std::string_view part = target.substr(begin, end - begin);
    if (part == "..") --depth;
    if (part != ".." && part != "." && !part.empty()) ++depth;
    if (depth < 0) return true;
    begin = end + 1;
  }
  return false;
}

bool IsAccountName(std::string_view name) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '$';
  };
  return !name.empty() && name.size() <= 32 && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::optional<std::string_view> TreeEntry::NeedsPermission() const {
  if (type == EntryType::kSymlink && target.starts_with('/')) return "an absolute link target";
  if (type == EntryType::kSymlink && LinkEscapes(path, target))
    return "a link target outside the tree";
  if (HasContent(type) && (mode & 06000) != 0) return "a setuid or setgid bit";
  if (!capabilities.empty()) return "file capabilities";
  return std::nullopt;
}

TableWriter::TableWriter() { out_.Raw(AsBytes(kTableMagic)).U32(0).U32(0); }

void TableWriter::Add(const TreeEntry& entry) {
  out_.U8(static_cast<uint8_t>(entry.type))
      .U8(0)
      .U16(static_cast<uint16_t>(entry.mode))
      .U32(entry.mtime.nanoseconds);
  out_.U64(static_cast<uint64_t>(entry.mtime.seconds)).U64(entry.size).U32(entry.earlier);
  out_.U16(static_cast<uint16_t>(entry.path.size()))
      .U16(static_cast<uint16_t>(entry.target.size()));
  out_.U8(static_cast<uint8_t>(entry.owner.size())).U8(static_cast<uint8_t>(entry.group.size()));
  out_.U8(static_cast<uint8_t>(entry.capabilities.size())).U8(0).Raw(entry.digest.bytes);
  out_.Raw(AsBytes(entry.path))
      .Raw(AsBytes(entry.target))
      .Raw(AsBytes(entry.owner))
      .Raw(AsBytes(entry.group));
  out_.Raw(entry.capabilities);
  ++count_;
}

Bytes TableWriter::Finish() && {
  Bytes bytes = std::move(out_).bytes();
  Bytes count = ByteWriter().U32(count_).bytes();
  std::copy(count.begin(), count.end(), bytes.begin() + kTableMagic.size());
  return bytes;
}

Result<TableReader> TableReader::Open(std::unique_ptr<InputFile> file) {
  TableReader reader(std::move(file));
  Bytes head = TRY(reader.Take(kTableHeadSize));
  ByteReader in(head);
  if (AsText(in.Raw(kTableMagic.size())) != kTableMagic) return Damaged("it is no file table");
  reader.entry_count_ = in.U32();
  if (reader.entry_count_ == 0 || reader.entry_count_ > kMaxTreeEntries)
    return Damaged("the number of entries");
  if (in.U32() != 0) return Damaged("reserved bytes are not zero");
  return reader;
}

Result<> TableReader::Fill(size_t needed) {
  if (buffer_.size() - used_ >= needed) return {};
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ = 0;
  size_t held = buffer_.size();
  buffer_.resize(std::max(needed, kReadAhead));
  buffer_.resize(held + TRY(file_->Read(std::span(buffer_).subspan(held))));
  if (buffer_.size() < needed) return Damaged("it ends early");
  return {};
}

Result<Bytes> TableReader::Take(size_t count) {
  TRY(Fill(count));
  auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(used_);
  used_ += count;
  offset_ += count;
  return Bytes(begin, begin + static_cast<std::ptrdiff_t>(count));
}

Result<TreeEntry> TableReader::ParseEntry() {
  Bytes head = TRY(Take(kEntryHeadSize));
  ByteReader in(head);
  TreeEntry entry;
  uint8_t type = in.U8();
  uint8_t flags = in.U8();
  entry.mode = in.U16();
  entry.mtime.nanoseconds = in.U32();
  entry.mtime.seconds = static_cast<int64_t>(in.U64());
  entry.size = in.U64();
  entry.earlier = in.U32();
  size_t path_size = in.U16();
  size_t target_size = in.U16();
  size_t owner_size = in.U8();
  size_t group_size = in.U8();
  size_t capabilities_size = in.U8();
  uint8_t reserved = in.U8();
  entry.digest.bytes = in.Array<32>();
  if (type < 1 || type > 5) return Damaged("an entry of an unknown type");
  if (flags != 0 || reserved != 0) return Damaged("reserved bytes are not zero");
  entry.type = static_cast<EntryType>(type);

  Bytes tail = TRY(Take(path_size + target_size + owner_size + group_size + capabilities_size));
  ByteReader texts(tail);
  entry.path = AsText(texts.Raw(path_size));
  entry.target = AsText(texts.Raw(target_size));
  entry.owner = AsText(texts.Raw(owner_size));
  entry.group = AsText(texts.Raw(group_size));
  ByteView capabilities = texts.Raw(capabilities_size);
  entry.capabilities.assign(capabilities.begin(), capabilities.end());
  TRY(CheckFields(entry));
  return entry;
}

Result<> TableReader::CheckPlace(const TreeEntry& entry) {
  if (offsets_.empty()) {
    if (entry.type != EntryType::kDirectory || !entry.path.empty())
      return Damaged("it does not begin with the tree itself");
  } else {
    if (!ComesBefore(last_path_, entry.path)) return Damaged("entries out of order", entry.path);
    size_t slash = entry.path.rfind('/');
    std::string_view parent = slash == std::string::npos
                                  ? std::string_view()
                                  : std::string_view(entry.path).substr(0, slash);
    while (!open_directories_.empty() && open_directories_.back() != parent)
      open_directories_.pop_back();
    if (open_directories_.empty()) return Damaged("an entry without its folder", entry.path);
  }
  if (entry.type == EntryType::kDirectory) open_directories_.push_back(entry.path);
  last_path_ = entry.path;
  return {};
}

Result<> TableReader::CheckReference(const TreeEntry& entry) {
  if (entry.type != EntryType::kHardLink && entry.type != EntryType::kCopy) return {};
  if (entry.earlier >= offsets_.size()) return Damaged("a reference to a later entry", entry.path);
  TreeEntry earlier = TRY(EntryAt(entry.earlier));
  if (earlier.type != EntryType::kFile)
    return Damaged("a reference to something that is no file", entry.path);
  if (entry.type == EntryType::kCopy &&
      (earlier.size != entry.size || earlier.digest != entry.digest)) {
    return Damaged("a copy that differs", entry.path);
  }
  return {};
}

Result<std::optional<TreeEntry>> TableReader::Next() {
  if (offsets_.size() == entry_count_) {
    std::byte extra;
    if (buffer_.size() != used_ || TRY(file_->Read(std::span(&extra, 1))) != 0)
      return Damaged("bytes behind its end");
    return std::optional<TreeEntry>();
  }
  uint64_t offset = offset_;
  TreeEntry entry = TRY(ParseEntry());
  TRY(CheckPlace(entry));
  TRY(CheckReference(entry));
  offsets_.push_back(offset);
  return std::optional(std::move(entry));
}

Result<TreeEntry> TableReader::EntryAt(uint32_t number) {
  auto jump = [this](uint64_t offset) {
    buffer_.clear();
    used_ = 0;
    offset_ = offset;
    return file_->Seek(offset);
  };
  uint64_t resume = offset_;
  TRY(jump(offsets_[number]));
  auto entry = ParseEntry();
  TRY(jump(resume));
  return entry;
}

}  // namespace ignite::format
