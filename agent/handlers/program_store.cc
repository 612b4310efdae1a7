#include "agent/handlers/program_store.h"

#include "agent/handlers/accounts.h"
#include "agent/handlers/tree_staging.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::ComponentRecord;

/// The account of the programs must get through to them.
constexpr mode_t kTraversable = 0755;

/// Unpacks the folder, then does with it what its payload type is for.
class ProgramStaging : public engine::Staging {
 public:
  ProgramStaging(std::unique_ptr<engine::Staging> unpacking, std::function<Result<>()> then)
      : unpacking_(std::move(unpacking)), then_(std::move(then)) {}

  Result<> BeginStream(size_t stream) override { return unpacking_->BeginStream(stream); }
  Result<> Write(ByteView plain) override { return unpacking_->Write(plain); }
  Result<> EndStream() override { return unpacking_->EndStream(); }
  Result<> Finish() override {
    TRY(unpacking_->Finish());
    return then_();
  }

 private:
  std::unique_ptr<engine::Staging> unpacking_;
  std::function<Result<>()> then_;
};

}  // namespace

std::string ProgramStore::Folder(const ComponentRecord& record) const {
  return paths_.Programs(record.component, record.release);
}

std::vector<engine::SpaceNeed> ProgramStore::SpaceNeeds(const format::ProgramFolder& folder) const {
  return {{paths_.State(), folder.bytes + folder.entries * TreeStaging::kTableBytesPerEntry,
           folder.entries + 1}};
}

SpaceReserve ProgramStore::ReserveOf(const ComponentRecord& record, uint64_t bytes) const {
  return SpaceReserve(files_, Folder(record) + ".reserve", bytes);
}

Result<> ProgramStore::Reserve(const ComponentRecord& record, const format::ProgramFolder& folder) {
  TRY(files_.MakeDirectories(ParentOf(Folder(record)), kTraversable));
  return ReserveOf(record, folder.bytes).Take();
}

Result<std::unique_ptr<engine::Staging>> ProgramStore::Stage(
    const ComponentRecord& record, const format::ProgramFolder& folder,
    const std::vector<std::string>& programs, std::function<Result<>()> then) {
  TRY(files_.RemoveFile(paths_.Table(record.component, record.release)));
  TRY(files_.RemoveTree(Folder(record)));
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  TreeStaging::Target target{Folder(record), paths_.Table(record.component, record.release)};
  auto unpacking =
      std::make_unique<TreeStaging>(files_, std::move(accounts), folder.Rules(programs),
                                    std::move(target), ReserveOf(record, folder.bytes));
  return std::unique_ptr<engine::Staging>(
      std::make_unique<ProgramStaging>(std::move(unpacking), std::move(then)));
}

Result<std::vector<std::string>> ProgramStore::FindDifferences(const ComponentRecord& record,
                                                               CompareWhat what) const {
  std::string table = paths_.Table(record.component, record.release);
  if (!TRY(files_.Inspect(table)))
    return std::vector<std::string>{StrCat("the file table of ", record.release, " is missing")};
  Accounts accounts = TRY(Accounts::Load(files_, paths_));
  return CompareTree(files_, accounts, Folder(record), table, what);
}

Result<> ProgramStore::Discard(const ComponentRecord& record) {
  TRY(ReserveOf(record, 0).Drop());
  // Without its table a release counts as incomplete, so the table goes first.
  TRY(files_.RemoveFile(paths_.Table(record.component, record.release)));
  return files_.RemoveTree(Folder(record));
}

}  // namespace ignite::handlers
