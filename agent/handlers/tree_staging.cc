#include "agent/handlers/tree_staging.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::handlers {
namespace {

using format::EntryType;
using format::TreeEntry;

Error WrongTree(std::string_view what) {
  return {ErrorCode::kCorrupt, StrCat("a tree of the bundle is wrong: ", what),
          "build the bundle anew"};
}

}  // namespace

Result<> TreeStaging::BeginStream(size_t stream) {
  stream_ = stream;
  if (stream == format::TreeSpec::kTableStream) {
    TRY(files_.MakeDirectories(ParentOf(target_.table), 0755));
    table_file_ = TRY(files_.CreateFile(target_.table, 0600));
    return {};
  }
  TRY(OpenTable());
  if (target_.folder == Folder::kEmptied) {
    tree_ = TRY(files_.EmptyTree(target_.release));
    return Advance();
  }
  TRY(files_.MakeDirectories(ParentOf(target_.release), 0755));
  tree_ = TRY(files_.CreateTree(target_.release));
  return Advance();
}

Result<> TreeStaging::Write(ByteView plain) {
  if (stream_ == format::TreeSpec::kTableStream) return table_file_->Write(plain);
  while (!plain.empty()) {
    if (!file_) return WrongTree("it has more content than its table says");
    ByteView part = plain.first(static_cast<size_t>(std::min<uint64_t>(plain.size(), file_left_)));
    TRY(reserve_.Use(part.size()));
    TRY(tree_->Write(part));
    file_digest_.Update(part);
    file_left_ -= part.size();
    plain = plain.subspan(part.size());
    if (file_left_ == 0) {
      TRY(FinishFile());
      TRY(Advance());
    }
  }
  return {};
}

Result<> TreeStaging::EndStream() {
  if (stream_ == format::TreeSpec::kTableStream) return table_file_->Finish();
  if (file_) return WrongTree("it has less content than its table says");
  return {};
}

Result<> TreeStaging::Finish() {
  TRY(SetDirectoryAttributes());
  TRY(reserve_.Drop());
  return files_.SyncFileSystem(target_.release);
}

Result<> TreeStaging::OpenTable() {
  table_ = TRY(format::TableReader::Open(TRY(files_.OpenFile(target_.table))));
  if (table_->entry_count() != rules_->EntryCount())
    return WrongTree("its table has another length than its manifest says");
  return {};
}

Result<> TreeStaging::Advance() {
  while (!file_) {
    auto entry = TRY(table_->Next());
    if (!entry) return CheckComplete();
    TRY(MakeEntry(*entry, next_entry_++));
  }
  return {};
}

Result<> TreeStaging::CheckComplete() const {
  auto missing = rules_->Missing();
  return missing ? WrongTree(*missing) : Result<>();
}

Result<> TreeStaging::MakeEntry(const TreeEntry& entry, uint32_t number) {
  if (auto objection = rules_->Objection(entry))
    return WrongTree(StrCat(Printable(entry.path), " ", *objection));
  switch (entry.type) {
    case EntryType::kDirectory:
      directories_.push_back(number);
      TRY(reserve_.Use(format::TreeSpec::DiskBytes(entry)));
      return entry.path.empty() ? Result<>() : tree_->MakeDirectory(entry.path);
    case EntryType::kFile:
      TRY(tree_->StartFile(entry.path));
      file_ = entry;
      file_left_ = entry.size;
      return entry.size == 0 ? FinishFile() : Result<>();
    case EntryType::kSymlink:
      return tree_->MakeSymlink(entry.path, entry.target, TRY(AttributesOf(entry)));
    case EntryType::kHardLink:
      return tree_->MakeHardLink(entry.path, TRY(table_->EntryAt(entry.earlier)).path);
    case EntryType::kCopy:
      TRY(reserve_.Use(format::TreeSpec::DiskBytes(entry)));
      return tree_->CopyFile(entry.path, TRY(table_->EntryAt(entry.earlier)).path,
                             TRY(AttributesOf(entry)));
  }
  return WrongTree("an entry of an unknown type");
}

Result<> TreeStaging::FinishFile() {
  if (file_digest_.Finish() != file_->digest)
    return WrongTree(StrCat("the content of ", Printable(file_->path)));
  TRY(reserve_.Use(format::TreeSpec::DiskBytes(*file_) - file_->size));
  TRY(tree_->FinishFile(TRY(AttributesOf(*file_))));
  file_.reset();
  return {};
}

Result<FileAttributes> TreeStaging::AttributesOf(const TreeEntry& entry) const {
  auto uid = accounts_.User(entry.owner);
  auto gid = accounts_.Group(entry.group);
  if (!uid || !gid) {
    return WrongTree(StrCat(Printable(entry.path), " belongs to ", entry.owner, ":", entry.group,
                            ", which this probe does not have"));
  }
  return FileAttributes{entry.mode, *uid, *gid, entry.mtime, entry.capabilities};
}

Result<> TreeStaging::SetDirectoryAttributes() {
  // From the deepest upwards: a mode may forbid what lies below, and each entry changed its
  // folder's time.
  for (auto number = directories_.rbegin(); number != directories_.rend(); ++number) {
    TreeEntry entry = TRY(table_->EntryAt(*number));
    TRY(tree_->SetDirectoryAttributes(entry.path, TRY(AttributesOf(entry))));
  }
  return {};
}

}  // namespace ignite::handlers
