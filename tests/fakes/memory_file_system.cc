#include "tests/fakes/memory_file_system.h"

#include <algorithm>
#include <cerrno>

#include "base/str_cat.h"

namespace ignite::fakes {

using Follow = MemoryDisk::Follow;
using Found = MemoryDisk::Found;
using NodePtr = MemoryDisk::NodePtr;
using Type = FileInfo::Type;

namespace {

class MemoryInputFile : public InputFile {
 public:
  MemoryInputFile(NodePtr file, CallWatch& watch) : file_(std::move(file)), watch_(watch) {}

  Result<size_t> Read(std::span<std::byte> buffer) override {
    Fate fate = watch_.Next("read");
    if (fate.kind == Fate::Kind::kDies) throw ProcessDied();
    if (fate.kind == Fate::Kind::kFails) return SystemError("reading", fate.error);
    size_t place = std::min(place_, file_->content.size());
    size_t count = std::min(buffer.size(), file_->content.size() - place);
    std::copy_n(file_->content.begin() + static_cast<std::ptrdiff_t>(place), count, buffer.begin());
    place_ = place + count;
    return count;
  }
  Result<> Seek(uint64_t offset) override {
    place_ = offset;
    return {};
  }
  Result<uint64_t> Size() override {
    Fate fate = watch_.Next("fstat");
    if (fate.kind == Fate::Kind::kDies) throw ProcessDied();
    if (fate.kind == Fate::Kind::kFails) return SystemError("inspecting", fate.error);
    return file_->content.size();
  }

 private:
  NodePtr file_;
  CallWatch& watch_;
  size_t place_ = 0;
};

}  // namespace

class MemoryOutputFile : public OutputFile {
 public:
  MemoryOutputFile(MemoryFileSystem& files, NodePtr file, std::string path)
      : files_(files), file_(std::move(file)), path_(std::move(path)) {}

  Result<> Write(ByteView bytes) override {
    return files_.Write(file_, file_->content.size(), bytes, path_);
  }
  Result<> Finish() override {
    TRY(files_.SyncFile(file_, path_));
    return files_.SyncFolder(ParentOf(path_));
  }

 private:
  MemoryFileSystem& files_;
  NodePtr file_;
  std::string path_;
};

class MemoryTreeWriter : public TreeWriter {
 public:
  MemoryTreeWriter(MemoryFileSystem& files, std::string root)
      : files_(files), disk_(files.disk_), root_(std::move(root)) {}

  Result<> MakeDirectory(std::string_view path) override {
    std::string place = Place(path);
    return files_.Call("mkdir", place, [&] { return disk_.Create(place, Type::kDirectory, 0700); });
  }
  Result<> StartFile(std::string_view path) override {
    path_ = Place(path);
    return files_.Call("create", path_,
                       [&] { return disk_.Create(path_, Type::kFile, 0600, &file_); });
  }
  Result<> Write(ByteView bytes) override {
    return files_.Write(file_, file_->content.size(), bytes, path_);
  }
  Result<> FinishFile(const FileAttributes& attributes) override {
    return SetAttributes(file_, attributes);
  }
  Result<> CopyFile(std::string_view path, std::string_view source,
                    const FileAttributes& attributes) override {
    Bytes bytes = disk_.Find(Place(source), Follow::kNotTheLast).node->content;
    TRY(StartFile(path));
    TRY(Write(bytes));
    return FinishFile(attributes);
  }
  Result<> MakeHardLink(std::string_view path, std::string_view target) override {
    std::string place = Place(path);
    NodePtr node = disk_.Find(Place(target), Follow::kNotTheLast).node;
    return files_.Call("link", place, [&] { return disk_.Link(node, place); });
  }
  Result<> MakeSymlink(std::string_view path, std::string_view target,
                       const FileAttributes& attributes) override {
    std::string place = Place(path);
    TRY(files_.Call("symlink", place, [&] { return disk_.Symlink(std::string(target), place); }));
    FileAttributes own = attributes;
    own.mode = 0777;
    return SetAttributes(disk_.Find(place, Follow::kNotTheLast).node, own);
  }
  Result<> SetDirectoryAttributes(std::string_view path,
                                  const FileAttributes& attributes) override {
    return SetAttributes(disk_.Find(path.empty() ? root_ : Place(path), Follow::kNotTheLast).node,
                         attributes);
  }

 private:
  std::string Place(std::string_view path) const { return StrCat(root_, "/", path); }
  Result<> SetAttributes(const NodePtr& node, const FileAttributes& attributes) {
    return files_.Call("chmod", path_, [&] {
      disk_.SetAttributes(node, attributes);
      return 0;
    });
  }

  MemoryFileSystem& files_;
  MemoryDisk& disk_;
  std::string root_;
  std::string path_;
  NodePtr file_;
};

template <class Effect>
Result<> MemoryFileSystem::Call(std::string_view call, std::string_view path, Effect effect) {
  Fate fate = watch_.Next(call);
  if (fate.kind == Fate::Kind::kDies) throw ProcessDied();
  int error = fate.error;
  if (fate.kind == Fate::Kind::kDone || fate.late) {
    int own = effect();
    if (fate.kind == Fate::Kind::kDone) error = own;
  }
  if (error != 0) return SystemError(StrCat(call, " ", path), error);
  return {};
}

Result<> MemoryFileSystem::Write(const NodePtr& file, uint64_t offset, ByteView bytes,
                                 std::string_view path) {
  Fate fate = watch_.Next("write");
  if (fate.kind == Fate::Kind::kDies) throw ProcessDied();
  bool fails = fate.kind == Fate::Kind::kFails;
  if (!fails || fate.late)
    disk_.Write(file, offset, bytes.first(fails ? bytes.size() / 2 : bytes.size()));
  if (fails) return SystemError(StrCat("writing ", path), fate.error);
  return {};
}

Result<> MemoryFileSystem::SyncFile(const NodePtr& file, std::string_view path) {
  Result<> synced = Call("fsync", path, [&] {
    if (!ignored.contains(Sync::kFile)) disk_.Sync(file);
    return 0;
  });
  if (!synced) disk_.Lose(file);
  return synced;
}

Result<> MemoryFileSystem::SyncFolder(const std::string& path) {
  return Call("fsync-folder", path, [&] {
    Found folder = disk_.Find(path, Follow::kAll);
    if (folder.node != nullptr && !ignored.contains(Sync::kFolder)) disk_.Sync(folder.node);
    return folder.error;
  });
}

Result<> MemoryFileSystem::SyncName(const std::string& path) {
  Found folder = disk_.Find(ParentOf(path), Follow::kAll);
  return folder.node == nullptr ? Result<>() : SyncFolder(ParentOf(path));
}

Result<std::string> MemoryFileSystem::ReadFile(const std::string& path, size_t limit) {
  Found found;
  TRY(Call("open", path, [&] {
    found = disk_.Find(path, Follow::kAll);
    return found.error;
  }));
  if (found.node->type != Type::kFile) {
    return Error{ErrorCode::kInvalidArgument, StrCat(path, " is no regular file"),
                 "put a regular file there"};
  }
  TRY(Call("read", path, [] { return 0; }));
  if (found.node->content.size() > limit) {
    return Error{ErrorCode::kCorrupt, StrCat(path, " is larger than ", limit, " bytes"),
                 "put the right file there"};
  }
  return std::string(AsText(found.node->content));
}

Result<> MemoryFileSystem::WriteAtomically(const std::string& path, ByteView data, mode_t mode) {
  std::string temporary = path + ".tmp";
  auto file = TRY(CreateFile(temporary, mode));
  Result<> written = file->Write(data);
  if (written) written = file->Finish();
  if (written) written = Rename(temporary, path);
  if (!written) (void)Call("unlink", temporary, [&] { return disk_.Unlink(temporary); });
  return written;
}

Result<> MemoryFileSystem::Overwrite(const std::string& path, uint64_t offset, ByteView data) {
  Found found;
  TRY(Call("open", path, [&] {
    found = disk_.Find(path, Follow::kNotTheLast);
    return found.error == 0 && found.node->type == Type::kSymlink ? ELOOP : found.error;
  }));
  if (found.node->type != Type::kFile) {
    return Error{ErrorCode::kInvalidArgument, StrCat(path, " is no regular file"),
                 "put a regular file there"};
  }
  uint64_t size = found.node->content.size();
  if (size < data.size() || size - data.size() < offset) {
    return Error{ErrorCode::kCorrupt, StrCat(path, " ends before byte ", offset + data.size()),
                 "put the right file there"};
  }
  TRY(Write(found.node, offset, data, path));
  return SyncFile(found.node, path);
}

Result<std::unique_ptr<OutputFile>> MemoryFileSystem::CreateFile(const std::string& path,
                                                                 mode_t mode) {
  TRY(Call("unlink", path, [&] {
    int error = disk_.Unlink(path);
    return error == ENOENT ? 0 : error;
  }));
  NodePtr made;
  TRY(Call("create", path, [&] { return disk_.Create(path, Type::kFile, mode, &made); }));
  return std::unique_ptr<OutputFile>(std::make_unique<MemoryOutputFile>(*this, made, path));
}

Result<std::unique_ptr<InputFile>> MemoryFileSystem::OpenFile(const std::string& path) {
  Found found;
  TRY(Call("open", path, [&] {
    found = disk_.Find(path, Follow::kNotTheLast);
    return found.error != 0 || found.node->type != Type::kSymlink ? found.error : ELOOP;
  }));
  return std::unique_ptr<InputFile>(std::make_unique<MemoryInputFile>(found.node, watch_));
}

Result<std::optional<FileInfo>> MemoryFileSystem::Inspect(const std::string& path) {
  Found found;
  TRY(Call("stat", path, [&] {
    found = disk_.Find(path, Follow::kNotTheLast);
    return found.error == ENOENT || found.error == ENOTDIR ? 0 : found.error;
  }));
  if (found.node == nullptr) return std::optional<FileInfo>();
  const auto& node = *found.node;
  FileInfo info{node.type,
                node.attributes.mode,
                node.type == Type::kSymlink ? node.target.size() : node.content.size(),
                node.attributes.uid,
                node.attributes.gid,
                node.attributes.mtime,
                1,
                node.number};
  return std::optional(info);
}

Result<std::optional<std::string>> MemoryFileSystem::ReadLink(const std::string& path) {
  Found found;
  TRY(Call("readlink", path, [&] {
    found = disk_.Find(path, Follow::kNotTheLast);
    if (found.node != nullptr) return found.node->type == Type::kSymlink ? 0 : EINVAL;
    return found.error == ENOENT || found.error == ENOTDIR ? 0 : found.error;
  }));
  if (found.node == nullptr) return std::optional<std::string>();
  return std::optional(found.node->target);
}

Result<std::string> MemoryFileSystem::RealPath(const std::string& path) {
  Found found;
  TRY(Call("realpath", path, [&] {
    found = disk_.Find(path, Follow::kAll);
    return found.error;
  }));
  return found.real;
}

Result<> MemoryFileSystem::ReplaceSymlink(const std::string& path, const std::string& target) {
  auto there = TRY(Inspect(path));
  if (there && there->type != Type::kSymlink) {
    return Error{ErrorCode::kIo, StrCat(path, " is in the way: it is no symbolic link"),
                 "move it elsewhere"};
  }
  size_t name = path.rfind('/') + 1;
  std::string temporary = StrCat(path.substr(0, name), ".", path.substr(name), ".ignite-new");
  TRY(Call("unlink", temporary, [&] {
    int error = disk_.Unlink(temporary);
    return error == ENOENT ? 0 : error;
  }));
  if (there && TRY(ReadLink(path)) == target) return SyncFolder(ParentOf(path));
  const std::string& made = there ? temporary : path;
  TRY(Call("symlink", made, [&] { return disk_.Symlink(target, made); }));
  return there ? Rename(temporary, path) : SyncFolder(ParentOf(path));
}

Result<Bytes> MemoryFileSystem::ReadCapabilities(const std::string& path) {
  Found found;
  TRY(Call("getxattr", path, [&] {
    found = disk_.Find(path, Follow::kNotTheLast);
    return found.error;
  }));
  return found.node->attributes.capabilities;
}

Result<> MemoryFileSystem::MakeDirectories(const std::string& path, mode_t mode) {
  Found found;
  TRY(Call("stat", path, [&] {
    found = disk_.Find(path, Follow::kAll);
    return found.error == ENOENT || found.error == ENOTDIR ? 0 : found.error;
  }));
  if (found.node != nullptr) {
    if (found.node->type == Type::kDirectory) return SyncName(path);
    return Error{ErrorCode::kIo, StrCat(path, " is in the way: it is no folder"),
                 "move it elsewhere"};
  }
  TRY(MakeDirectories(ParentOf(path), mode));
  TRY(Call("mkdir", path, [&] { return disk_.Create(path, Type::kDirectory, mode); }));
  return SyncFolder(ParentOf(path));
}

Result<> MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  TRY(Call("rename", to, [&] { return disk_.Rename(from, to); }));
  TRY(SyncFolder(ParentOf(to)));
  return ParentOf(from) == ParentOf(to) ? Result<>() : SyncFolder(ParentOf(from));
}

Result<> MemoryFileSystem::RemoveFile(const std::string& path) {
  TRY(Call("unlink", path, [&] {
    int error = disk_.Unlink(path);
    return error == ENOENT || error == ENOTDIR ? 0 : error;
  }));
  return SyncName(path);
}

Result<> MemoryFileSystem::RemoveBelow(const std::string& path) {
  Found found = disk_.Find(path, Follow::kNotTheLast);
  if (found.node == nullptr) return {};
  if (found.node->type != Type::kDirectory)
    return Call("unlink", path, [&] { return disk_.Unlink(path); });
  TRY(Call("list", path, [] { return 0; }));
  auto names = found.node->names;
  for (const auto& [name, node] : names) TRY(RemoveBelow(StrCat(path, "/", name)));
  return Call("rmdir", path, [&] { return disk_.RemoveFolder(path); });
}

Result<> MemoryFileSystem::RemoveTree(const std::string& path) {
  TRY(RemoveBelow(path));
  auto parent = TRY(Inspect(ParentOf(path)));
  bool is_folder = parent && parent->type == Type::kDirectory;
  return is_folder ? SyncFolder(ParentOf(path)) : Result<>();
}

Result<std::vector<std::string>> MemoryFileSystem::List(const std::string& path) {
  Found found;
  TRY(Call("list", path, [&] {
    found = disk_.Find(path, Follow::kAll);
    if (found.node != nullptr && found.node->type != Type::kDirectory) return ENOTDIR;
    return found.error == ENOENT ? 0 : found.error;
  }));
  std::vector<std::string> names;
  if (found.node == nullptr) return names;
  for (const auto& [name, node] : found.node->names) names.push_back(name);
  return names;
}

Result<Space> MemoryFileSystem::SpaceAt(const std::string& path) {
  TRY(Call("statvfs", path, [] { return 0; }));
  return Space{uint64_t{1} << 40, uint64_t{1} << 30, 1};
}

/// There is room without end, so the file itself is all that a reserve is here.
Result<> MemoryFileSystem::Reserve(const std::string& path, uint64_t) {
  return Call("fallocate", path, [&] {
    NodePtr made;
    bool is_there = disk_.Find(path, Follow::kNotTheLast).node != nullptr;
    return is_there ? 0 : disk_.Create(path, Type::kFile, 0600, &made);
  });
}

Result<> MemoryFileSystem::SyncFileSystem(const std::string& path) {
  Result<> synced = Call("syncfs", path, [&] {
    Found found = disk_.Find(path, Follow::kAll);
    if (found.error == 0 && !ignored.contains(Sync::kEverything)) disk_.SyncAll();
    return found.error;
  });
  if (!synced) disk_.LoseAll();
  return synced;
}

Result<std::unique_ptr<TreeWriter>> MemoryFileSystem::CreateTree(const std::string& path) {
  TRY(Call("mkdir", path, [&] { return disk_.Create(path, Type::kDirectory, 0700); }));
  return std::unique_ptr<TreeWriter>(std::make_unique<MemoryTreeWriter>(*this, path));
}

Result<std::unique_ptr<TreeWriter>> MemoryFileSystem::EmptyTree(const std::string& path) {
  for (const std::string& name : TRY(List(path))) TRY(RemoveBelow(StrCat(path, "/", name)));
  return std::unique_ptr<TreeWriter>(std::make_unique<MemoryTreeWriter>(*this, path));
}

}  // namespace ignite::fakes
