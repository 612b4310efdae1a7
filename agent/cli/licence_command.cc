#include <algorithm>

#include "agent/cli/commands.h"
#include "agent/cli/licence.h"
#include "agent/engine/planning.h"
#include "base/date.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"

namespace ignite::cli {
namespace {

using format::LicenceSpec;

/// The file that brought it; empty where the history does not tell.
Result<std::string> BundleOf(const engine::ProbePaths& paths,
                             const engine::ComponentRecord& record) {
  int64_t transaction = engine::TransactionOf(record);
  auto history = TRY(engine::ReadHistory(paths));
  auto found = std::find_if(history.begin(), history.end(),
                            [&](const auto& entry) { return entry.id == transaction; });
  return found == history.end() ? std::string() : found->bundle;
}

Json LicenceJson(const RunningLicence& licence, const std::string& bundle) {
  const LicenceSpec& spec = licence.spec;
  Json limits = Json::EmptyObject();
  for (const auto& [name, number] : spec.limits) limits.Set(name, number);
  Json json = Json::EmptyObject();
  json.Set("customer", spec.customer).Set("serial", spec.serial);
  json.Set("features", Json::StringArray(spec.features)).Set("limits", std::move(limits));
  json.Set("issued", spec.issued);
  json.Set("not_after", spec.not_after.empty() ? Json() : Json(spec.not_after));
  return json.Set("version", licence.record.version).Set("bundle", bundle);
}

std::string LicenceText(const RunningLicence& licence, const std::string& bundle) {
  const LicenceSpec& spec = licence.spec;
  std::string text = StrCat("customer     ", PrintableLines(spec.customer), "\n");
  if (!spec.serial.empty()) text += StrCat("serial       ", PrintableLines(spec.serial), "\n");
  text += StrCat("features     ", spec.features.empty() ? "none" : Joined(spec.features), "\n");
  for (const auto& [name, number] : spec.limits)
    text += StrCat("limit        ", name, " ", number, "\n");
  return text + StrCat("issued       ", spec.issued, ", version ", licence.record.version, ", in ",
                       bundle.empty() ? "a bundle of unknown name" : Printable(bundle), "\n");
}

}  // namespace

Result<std::optional<RunningLicence>> FindLicence(const engine::Snapshot& snapshot, Clock& clock) {
  if (snapshot.deployments.empty()) return std::optional<RunningLicence>();
  const auto* record = snapshot.deployments.back().Find(LicenceSpec::kComponent);
  if (record == nullptr) return std::optional<RunningLicence>();
  RunningLicence licence{*record, TRY(LicenceSpec::FromJson(record->spec))};
  // Dates of this form sort as text.
  std::string today = DateText(std::max(clock.WallSeconds(), snapshot.time_floor));
  licence.has_ended = !licence.spec.not_after.empty() && licence.spec.not_after < today;
  return std::optional(std::move(licence));
}

std::string_view LicenceState(const std::optional<RunningLicence>& licence) {
  if (!licence) return "none";
  return licence->has_ended ? "ended" : "valid";
}

std::string LicenceStateText(const std::optional<RunningLicence>& licence) {
  if (!licence) return "none";
  const std::string& end = licence->spec.not_after;
  if (end.empty()) return "valid, without an end";
  return StrCat(licence->has_ended ? "ended on " : "valid until ", end);
}

Result<Answer> Licence(FileSystem& files, const engine::ProbePaths& paths, Clock& clock) {
  auto licence = TRY(FindLicence(TRY(engine::TakeSnapshot(files, paths)), clock));
  Json document = Json::EmptyObject();
  document.Set("state", LicenceState(licence));
  std::string text = StrCat("licence      ", LicenceStateText(licence), "\n");
  if (licence) {
    std::string bundle = TRY(BundleOf(paths, licence->record));
    document.Set("licence", LicenceJson(*licence, bundle));
    text += LicenceText(*licence, bundle);
  } else {
    document.Set("licence", nullptr);
  }
  return Answer{std::move(document), std::move(text), engine::exit_code::kDone};
}

}  // namespace ignite::cli
