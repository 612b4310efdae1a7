#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/bundle_file.h"
#include "packager/commands.h"
#include "packager/given_keys.h"
#include "packager/recipe.h"
#include "payload-format/bundle_writer.h"

namespace ignite::packager {
namespace {

constexpr int kDefaultLevel = 9;
constexpr uint64_t kMaxLevel = 19;
constexpr uint64_t kMaxJobs = 256;
/// The last second of the year 9999, the last that a licence has a date for. Milliseconds, a common
/// slip, are above it.
constexpr uint64_t kLastSecond = 253402300799;
constexpr std::string_view kBundleSuffix = ".ignite";

Error Usage(std::string cause, std::string remedy) {
  return {ErrorCode::kInvalidArgument, std::move(cause), std::move(remedy)};
}

/// A bundle that nobody can read, or that everybody can, is made only where it is asked for.
Result<> CheckEncryption(const Arguments& arguments, bool recipients) {
  bool plain = arguments.Has("--unencrypted");
  if (plain != recipients) return {};
  if (plain) return Usage("--unencrypted and recipients exclude each other", "drop one of them");
  return Usage("no recipient is given, so nobody could decrypt the bundle",
               "add --recipient P.pub or --recipients FOLDER; or --unencrypted for a bundle that "
               "only a development probe accepts");
}

/// The variable that reproducible-builds.org defines; nullopt where it is not set.
Result<std::optional<int64_t>> SourceDateEpoch() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return std::optional<int64_t>();
  auto seconds = ParseNumber(text);
  if (seconds && *seconds <= kLastSecond) {
    return std::optional(static_cast<int64_t>(*seconds));
  }
  return Usage(StrCat("SOURCE_DATE_EPOCH is '", Printable(text), "'"),
               "set it to the seconds since 1970, before the year 10000, or unset it");
}

struct Collected {
  std::vector<std::vector<std::unique_ptr<format::StreamSource>>> sources;
  uint64_t plain_bytes = 0;
  std::vector<std::string> notes;
  std::string rehearsed;  ///< A line for each payload that can be.
  Json rehearsals = Json::EmptyArray();
};

/// The bundle would become part of its own source, or take the place of it.
Result<> RefuseOutputInSource(const std::string& output, const Recipe& recipe) {
  auto files = MakePosixFileSystem();
  auto folder = files->RealPath(StrCat(ParentOf(output), "/."));
  if (!folder) return {};  // The writer tells what is wrong with it.
  auto there = files->RealPath(output);
  for (const PayloadRecipe& payload : recipe.payloads) {
    for (const std::string& path : payload.input->Sources()) {
      std::string source = TRY(files->RealPath(path));
      if (there && *there == source) {
        return Usage(StrCat("the bundle ", Printable(output),
                            " would replace the source of payload ", payload.name),
                     "give it a name of its own");
      }
      if (IsUnfinishedBundle(source, output)) {
        return Usage(StrCat("the bundle ", Printable(output),
                            " would be written over the source of payload ", payload.name),
                     "give it a name of its own");
      }
      if (*folder != source && !folder->starts_with(source + "/")) continue;
      return Usage(StrCat("the bundle ", Printable(output), " would lie in the source of payload ",
                          payload.name),
                   "write it to a folder outside of every source");
    }
  }
  return {};
}

/// A payload that cannot read the data of its own bundle could be applied by no probe.
void RefuseUnreadable(const Recipe& recipe, std::vector<Fault>& faults) {
  const std::vector<format::PayloadInfo>& packed = recipe.manifest.payloads;
  for (const PayloadRecipe& reader : recipe.payloads) {
    for (const format::DataRange& range : reader.reads) {
      auto data = std::find_if(packed.begin(), packed.end(), [&](const auto& payload) {
        return payload.component == range.component;
      });
      if (data == packed.end() || range.Holds(data->version)) continue;
      faults.push_back(
          {reader.reads_line,
           StrCat("payload ", reader.name, " reads ", range.ToString(), ", and payload ",
                  data->name, " brings version ", data->version),
           StrCat("write a range that holds ", data->version, ", or pack the data that it reads")});
    }
  }
}

/// Reads the sources of all payloads, so that the faults of all of them are told at once.
Result<Collected> CollectPayloads(Recipe& recipe, CollectContext& context) {
  Collected collected;
  std::vector<Fault> faults;
  for (PayloadRecipe& payload : recipe.payloads) {
    context.payload = payload.name;
    context.component = payload.component;
    auto content = TRY(payload.input->Collect(context, faults));
    format::PayloadInfo info;
    info.name = payload.name;
    info.type = payload.type;
    info.component = payload.component;
    info.version = payload.version.empty() ? content.version : payload.version;
    if (info.version.empty()) info.version = recipe.manifest.version;
    info.spec = std::move(content.spec);
    info.reads = payload.reads;
    recipe.manifest.payloads.push_back(std::move(info));
    collected.sources.push_back(std::move(content.streams));
    collected.plain_bytes += content.plain_bytes;
    if (!content.note.empty())
      collected.notes.push_back(StrCat("payload ", payload.name, ": ", content.note));
  }
  // What could not be collected has no version.
  if (faults.empty()) RefuseUnreadable(recipe, faults);
  if (!faults.empty()) return FaultsToError(recipe.file, std::move(faults));
  return collected;
}

/// Tries what can be tried before it goes to a probe.
Result<> RehearsePayloads(Recipe& recipe, CollectContext& context, Collected& collected) {
  std::vector<Fault> faults;
  for (PayloadRecipe& payload : recipe.payloads) {
    if (!payload.input->CanBeRehearsed()) continue;
    context.payload = payload.name;
    context.component = payload.component;
    Rehearsal rehearsal = TRY(payload.input->Rehearse(context, nullptr, faults));
    collected.rehearsed += StrCat("payload ", payload.name, ": ", rehearsal.summary, "\n");
    collected.rehearsals.Push(rehearsal.document.Set("payload", payload.name));
  }
  if (!faults.empty()) return FaultsToError(recipe.file, std::move(faults));
  return {};
}

Report MakeReport(const std::string& output, const format::Manifest& manifest,
                  const format::WrittenBundle& written, const std::vector<std::string>& key_ids,
                  size_t recipients, Collected collected) {
  Report report;
  report.document.Set("bundle", output).Set("size", written.size);
  report.document.Set("content-id", written.content_id.Hex());
  report.document.Set("kind", format::KindName(manifest.kind)).Set("product", manifest.product);
  report.document.Set("version", manifest.version).Set("counter", manifest.counter);
  report.document.Set("encrypted", recipients > 0).Set("recipients", recipients);
  report.document.Set("signed-by", Json::StringArray(key_ids));
  report.text = StrCat("built ", Printable(output), "  ", SizeInWords(written.size),
                       "  content id ", written.content_id.Hex(),
                       recipients > 0 ? "" : "  NOT ENCRYPTED", "\n", collected.rehearsed);
  std::vector<std::string>& notes = collected.notes;
  if (!output.ends_with(kBundleSuffix))
    notes.emplace_back("a probe reads only names that end in .ignite");
  for (const std::string& note : notes) report.text += StrCat("note: ", note, "\n");
  report.document.Set("notes", Json::StringArray(notes));
  report.document.Set("rehearsals", std::move(collected.rehearsals));
  return report;
}

}  // namespace

Result<Report> Build(const Arguments& arguments) {
  if (arguments.Has("--base")) {
    return Usage("this version of ignite-pack cannot build delta bundles yet", "drop --base");
  }
  auto level = TRY(arguments.Number("--level", 1, kMaxLevel));
  auto jobs = TRY(arguments.Number("--jobs", 1, kMaxJobs));
  format::BundlePlan plan;
  plan.signers = TRY(ReadSigners(arguments));
  plan.recipients = TRY(ReadRecipients(arguments));
  TRY(CheckEncryption(arguments, !plan.recipients.empty()));
  plan.level = static_cast<int>(level.value_or(kDefaultLevel));
  plan.threads = static_cast<unsigned>(jobs.value_or(0));

  Recipe recipe = TRY(ReadRecipe(arguments.positionals().front()));
  std::string output = *arguments.Value("-o");
  TRY(RefuseOutputInSource(output, recipe));
  TRY(CheckReplaceable(output));
  ProgressLine line;
  CollectContext context;
  context.source_date_epoch = TRY(SourceDateEpoch());
  context.show = [&](std::string_view text) { line.Show(text); };
  Collected collected = TRY(CollectPayloads(recipe, context));
  if (!arguments.Has("--no-rehearsal")) TRY(RehearsePayloads(recipe, context, collected));
  plan.manifest = recipe.manifest;
  plan.sources = std::move(collected.sources);

  std::vector<std::string> key_ids;
  for (const auto& signer : plan.signers) key_ids.push_back(ToHex(signer->public_key().Id()));
  size_t recipients = plan.recipients.size();
  auto start = std::chrono::steady_clock::now();
  ProgressMeter meter(2 * collected.plain_bytes, start);
  auto written = TRY(format::WriteBundle(
      std::move(plan), output, collected.plain_bytes, [&](uint64_t done, uint64_t) {
        line.Show(meter.Line(done, std::chrono::steady_clock::now()));
      }));
  return MakeReport(output, recipe.manifest, written, key_ids, recipients, std::move(collected));
}

}  // namespace ignite::packager
