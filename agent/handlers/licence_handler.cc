#include "agent/handlers/licence_handler.h"

#include <algorithm>

#include "base/date.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::CheckResult;
using engine::ComponentRecord;
using format::LicenceSpec;

constexpr std::string_view kFolder = "/licences/";
constexpr mode_t kTraversable = 0755;
constexpr mode_t kReadable = 0644;

std::string Document(const ComponentRecord& record) { return record.spec.Dump(true) + "\n"; }

class LicenceStaging : public engine::Staging {
 public:
  LicenceStaging(FileSystem& files, std::string path, std::string document)
      : files_(files), path_(std::move(path)), document_(std::move(document)) {}

  Result<> BeginStream(size_t) override { return NoStream(); }
  Result<> Write(ByteView) override { return NoStream(); }
  Result<> EndStream() override { return NoStream(); }
  Result<> Finish() override {
    TRY(files_.MakeDirectories(ParentOf(path_), kTraversable));
    auto file = TRY(files_.CreateFile(path_, kReadable));
    TRY(file->Write(AsBytes(document_)));
    TRY(file->Finish());
    return files_.SyncFileSystem(path_);
  }

 private:
  /// CheckPayload has refused a licence that has one.
  static Error NoStream() {
    return {ErrorCode::kInternal, "a licence came with a stream", "report this as a bug"};
  }

  FileSystem& files_;
  std::string path_;
  std::string document_;
};

}  // namespace

Result<> LicenceHandler::CheckPayload(const format::PayloadInfo& payload) const {
  return LicenceSpec::Check(payload);
}

Result<std::vector<CheckResult>> LicenceHandler::CheckTargets(const Change& change) const {
  std::vector<CheckResult> findings;
  if (!change.to) return findings;
  LicenceSpec spec = TRY(LicenceSpec::FromJson(change.to->spec));
  bool is_ours = std::any_of(identities_.begin(), identities_.end(), [&](const auto& key) {
    const auto& named = spec.identities;
    return std::find(named.begin(), named.end(), ToHex(key.public_key().bytes)) != named.end();
  });
  if (is_ours) return findings;
  std::string own =
      identities_.empty() ? "no identity, make one" : ToHex(identities_.front().public_key().bytes);
  findings.push_back({"targets", false,
                      StrCat("the licence is for ",
                             Counted(spec.identities.size(), "other probe", "other probes")),
                      StrCat("order a licence for this probe's identity: ", own)});
  return findings;
}

Result<std::vector<std::string>> LicenceHandler::Places(const ComponentRecord&) const {
  return std::vector<std::string>();
}

Result<std::vector<engine::SpaceNeed>> LicenceHandler::SpaceNeeds(const Change& change) const {
  std::vector<engine::SpaceNeed> needs;
  if (change.to) needs.push_back({paths_.State(), Document(*change.to).size(), 1});
  return needs;
}

Result<int64_t> LicenceHandler::SignedTime(const ComponentRecord& record) const {
  LicenceSpec spec = TRY(LicenceSpec::FromJson(record.spec));
  return ParseDate(spec.issued).value_or(0);
}

Result<std::unique_ptr<engine::Staging>> LicenceHandler::Stage(const Change& change,
                                                               engine::Watch) {
  const ComponentRecord& record = *change.to;
  TRY(Discard(record));
  return std::unique_ptr<engine::Staging>(
      std::make_unique<LicenceStaging>(files_, HostRelease(record), Document(record)));
}

Result<std::string> LicenceHandler::ReleasePath(const ComponentRecord& record) const {
  return StrCat(engine::ProbePaths::kState, kFolder, record.release);
}

std::string LicenceHandler::HostRelease(const ComponentRecord& record) const {
  return StrCat(paths_.State(), kFolder, record.release);
}

Result<bool> LicenceHandler::HasRelease(const ComponentRecord& record) const {
  return TRY(FindDifferences(record, Compare::kDamage)).empty();
}

Result<> LicenceHandler::Activate(const Change&, const engine::Watch&) { return {}; }

Result<> LicenceHandler::Undo(const Change&) { return {}; }

Result<> LicenceHandler::Discard(const ComponentRecord& record) {
  return files_.RemoveFile(HostRelease(record));
}

Result<std::vector<engine::Unit>> LicenceHandler::Units(const ComponentRecord&) const {
  return std::vector<engine::Unit>();
}

Result<std::vector<std::string>> LicenceHandler::FindDifferences(const ComponentRecord& record,
                                                                 Compare) const {
  std::vector<std::string> differences;
  std::string path = HostRelease(record);
  std::string document = Document(record);
  auto info = TRY(files_.Inspect(path));
  if (!info) {
    differences.push_back(StrCat(record.release, ": is missing"));
  } else if (info->type != FileInfo::Type::kFile || info->size != document.size() ||
             TRY(files_.ReadFile(path, document.size())) != document) {
    differences.push_back(StrCat(record.release, ": has other content"));
  } else if (info->mode != kReadable) {
    differences.push_back(StrCat(record.release, ": has another mode"));
  }
  return differences;
}

}  // namespace ignite::handlers
