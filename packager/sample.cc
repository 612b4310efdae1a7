#include "packager/sample.h"

#include <algorithm>
#include <map>

#include "base/file_system.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "migrations/rehearsal.h"
#include "migrations/sqlite_copy.h"
#include "packager/payload_type.h"
#include "payload-format/data/database_address.h"

namespace ignite::packager {
namespace {

using migrations::Engine;

constexpr std::string_view kPostgresql = "postgresql:";
constexpr std::string_view kSqlite = "sqlite:";

Error NoSample(std::string cause) {
  return {ErrorCode::kInvalidArgument, std::move(cause),
          "give the path of a SQLite file, or for example postgresql:dbname=netprobe; host=, port= "
          "and user= may be there too"};
}

}  // namespace

std::string Sample::ForPerson() const {
  if (address.empty()) return "a new database";
  bool is_file = engine == Engine::kSqlite;
  return StrCat("a copy of ", is_file ? std::string_view() : kPostgresql, Printable(address));
}

std::optional<std::string> OrderedAddress(std::string_view words) {
  std::map<std::string, std::string, std::less<>> parts;
  std::string list(words);
  std::replace(list.begin(), list.end(), ' ', ',');
  for (const std::string& word : SplitList(list)) {
    size_t equals = std::min(word.find('='), word.size());
    std::string key = word.substr(0, equals);
    bool known = std::find(format::kAddressKeys.begin(), format::kAddressKeys.end(), key) !=
                 format::kAddressKeys.end();
    if (!known || equals == word.size()) return std::nullopt;
    parts[key] = word.substr(equals + 1);
  }
  std::string address;
  for (std::string_view key : format::kAddressKeys) {
    auto part = parts.find(key);
    if (part == parts.end() || part->second.empty()) continue;
    address += StrCat(address.empty() ? "" : " ", key, "=", part->second);
  }
  return address;
}

Result<Sample> ParseSample(std::string_view text, const std::string& folder) {
  if (text.starts_with(kPostgresql)) {
    auto address = OrderedAddress(text.substr(kPostgresql.size()));
    if (!address || !format::PartOfAddress(*address, "dbname"))
      return NoSample(StrCat(Quoted(text, 80), " is no address of a PostgreSQL"));
    return Sample{Engine::kPostgresql, *std::move(address)};
  }
  if (text.starts_with(kSqlite)) text.remove_prefix(kSqlite.size());
  std::string path = BesideRecipe(folder, text);
  auto files = MakePosixFileSystem();
  auto real = files->RealPath(path);
  if (!real) return NoSample(StrCat("there is no database ", Quoted(path, 80)));
  auto info = TRY(files->Inspect(*real));
  if (!info || info->type != FileInfo::Type::kFile)
    return NoSample(StrCat(Quoted(path, 80), " is no file"));
  return Sample{Engine::kSqlite, *std::move(real)};
}

Result<std::unique_ptr<SampleCopy>> SampleCopy::Create(Sample sample) {
  SignalsHeld held;
  ScratchFolder folder = TRY(ScratchFolder::Create());
  return std::unique_ptr<SampleCopy>(new SampleCopy(std::move(sample), std::move(folder)));
}

SampleCopy::SampleCopy(Sample sample, ScratchFolder folder)
    : sample_(std::move(sample)),
      folder_(std::move(folder)),
      address_(StrCat(folder_.path(), "/copy.db")) {
  if (sample_.engine == Engine::kPostgresql) {
    address_ = migrations::AddressOfCopy(
        sample_.address, format::PartOfAddress(sample_.address, "dbname").value_or(""),
        folder_.path());
    removed_ = std::make_unique<RemovedOnSignal>(folder_.path(), sample_.address, address_);
  } else {
    removed_ = std::make_unique<RemovedOnSignal>(folder_.path(), "", "");
  }
  copy_ = migrations::OpenDatabase(sample_.engine, address_);
}

SampleCopy::~SampleCopy() {
  if (sample_.engine == Engine::kPostgresql)
    (void)migrations::OpenDatabase(sample_.engine, sample_.address)->DropCopy(address_);
}

Result<migrations::Copy> SampleCopy::Renew() {
  if (sample_.engine == Engine::kSqlite) {
    TRY(CopySqlite());
    return migrations::Copy{};
  }
  auto copy = TRY(
      migrations::OpenDatabase(sample_.engine, sample_.address)->MakeCopy(address_, UINT64_MAX));
  if (copy.kind != migrations::Copy::Kind::kNone) return copy;
  return Error{ErrorCode::kRefused, StrCat("there is no copy of the sample: ", copy.why),
               "give the sample's owner CREATEDB, or build with --no-rehearsal"};
}

Result<> SampleCopy::CopySqlite() const {
  if (!sample_.address.empty()) {
    return migrations::CopyUntouched(sample_.address, address_,
                                     StrCat("the sample ", Printable(sample_.address)));
  }
  TRY(migrations::RemoveSqlite(address_));
  return TRY(MakePosixFileSystem()->CreateFile(address_, 0600))->Finish();
}

}  // namespace ignite::packager
