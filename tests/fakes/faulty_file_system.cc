#include "tests/fakes/faulty_file_system.h"

namespace ignite::fakes {
namespace {

class FaultyOutputFile : public OutputFile {
 public:
  FaultyOutputFile(std::unique_ptr<OutputFile> real, FaultPlan& plan)
      : real_(std::move(real)), plan_(plan) {}
  Result<> Write(ByteView bytes) override {
    if (auto error = plan_.Next()) return *error;
    return real_->Write(bytes);
  }
  Result<> Finish() override {
    if (auto error = plan_.Next()) return *error;
    return real_->Finish();
  }

 private:
  std::unique_ptr<OutputFile> real_;
  FaultPlan& plan_;
};

class FaultyTreeWriter : public TreeWriter {
 public:
  FaultyTreeWriter(std::unique_ptr<TreeWriter> real, FaultPlan& plan)
      : real_(std::move(real)), plan_(plan) {}
  Result<> MakeDirectory(std::string_view path) override {
    if (auto error = plan_.Next()) return *error;
    return real_->MakeDirectory(path);
  }
  Result<> StartFile(std::string_view path) override {
    if (auto error = plan_.Next()) return *error;
    return real_->StartFile(path);
  }
  Result<> Write(ByteView bytes) override {
    // A short write: half of the bytes reach the disk before the fault.
    if (auto error = plan_.Next()) {
      (void)real_->Write(bytes.first(bytes.size() / 2));
      return *error;
    }
    return real_->Write(bytes);
  }
  Result<> FinishFile(const FileAttributes& attributes) override {
    if (auto error = plan_.Next()) return *error;
    return real_->FinishFile(attributes);
  }
  Result<> CopyFile(std::string_view path, std::string_view source,
                    const FileAttributes& attributes) override {
    if (auto error = plan_.Next()) return *error;
    return real_->CopyFile(path, source, attributes);
  }
  Result<> MakeHardLink(std::string_view path, std::string_view target) override {
    if (auto error = plan_.Next()) return *error;
    return real_->MakeHardLink(path, target);
  }
  Result<> MakeSymlink(std::string_view path, std::string_view target,
                       const FileAttributes& attributes) override {
    if (auto error = plan_.Next()) return *error;
    return real_->MakeSymlink(path, target, attributes);
  }
  Result<> SetDirectoryAttributes(std::string_view path,
                                  const FileAttributes& attributes) override {
    if (auto error = plan_.Next()) return *error;
    return real_->SetDirectoryAttributes(path, attributes);
  }

 private:
  std::unique_ptr<TreeWriter> real_;
  FaultPlan& plan_;
};

}  // namespace

Result<std::string> FaultyFileSystem::ReadFile(const std::string& path, size_t limit) {
  if (auto error = plan.Next()) return *error;
  return real_.ReadFile(path, limit);
}
Result<> FaultyFileSystem::WriteAtomically(const std::string& path, ByteView data, mode_t mode) {
  if (auto error = plan.Next()) return *error;
  return real_.WriteAtomically(path, data, mode);
}
Result<> FaultyFileSystem::Overwrite(const std::string& path, uint64_t offset, ByteView data) {
  if (auto error = plan.Next()) return *error;
  return real_.Overwrite(path, offset, data);
}
Result<std::unique_ptr<OutputFile>> FaultyFileSystem::CreateFile(const std::string& path,
                                                                 mode_t mode) {
  if (auto error = plan.Next()) return *error;
  return std::unique_ptr<OutputFile>(
      std::make_unique<FaultyOutputFile>(TRY(real_.CreateFile(path, mode)), plan));
}
Result<std::unique_ptr<InputFile>> FaultyFileSystem::OpenFile(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.OpenFile(path);
}
Result<std::optional<FileInfo>> FaultyFileSystem::Inspect(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.Inspect(path);
}
Result<std::optional<std::string>> FaultyFileSystem::ReadLink(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.ReadLink(path);
}
Result<std::string> FaultyFileSystem::RealPath(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.RealPath(path);
}
Result<> FaultyFileSystem::ReplaceSymlink(const std::string& path, const std::string& target) {
  if (auto error = plan.Next()) return *error;
  return real_.ReplaceSymlink(path, target);
}
Result<Bytes> FaultyFileSystem::ReadCapabilities(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.ReadCapabilities(path);
}
Result<> FaultyFileSystem::MakeDirectories(const std::string& path, mode_t mode) {
  if (auto error = plan.Next()) return *error;
  return real_.MakeDirectories(path, mode);
}
Result<> FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  if (auto error = plan.Next()) return *error;
  return real_.Rename(from, to);
}
Result<> FaultyFileSystem::RemoveFile(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.RemoveFile(path);
}
Result<> FaultyFileSystem::RemoveTree(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.RemoveTree(path);
}
Result<std::vector<std::string>> FaultyFileSystem::List(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.List(path);
}
Result<Space> FaultyFileSystem::SpaceAt(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.SpaceAt(path);
}
Result<> FaultyFileSystem::Reserve(const std::string& path, uint64_t bytes) {
  if (auto error = plan.Next()) return *error;
  return real_.Reserve(path, bytes);
}
Result<> FaultyFileSystem::SyncFolder(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.SyncFolder(path);
}

Result<> FaultyFileSystem::SyncFileSystem(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return real_.SyncFileSystem(path);
}
Result<std::unique_ptr<TreeWriter>> FaultyFileSystem::CreateTree(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return std::unique_ptr<TreeWriter>(
      std::make_unique<FaultyTreeWriter>(TRY(real_.CreateTree(path)), plan));
}
Result<std::unique_ptr<TreeWriter>> FaultyFileSystem::EmptyTree(const std::string& path) {
  if (auto error = plan.Next()) return *error;
  return std::unique_ptr<TreeWriter>(
      std::make_unique<FaultyTreeWriter>(TRY(real_.EmptyTree(path)), plan));
}

}  // namespace ignite::fakes
