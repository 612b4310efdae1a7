#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/bundle_file.h"
#include "packager/commands.h"
#include "packager/key_files.h"
#include "packager/manifest_report.h"
#include "payload-format/members.h"

namespace ignite::packager {
namespace {

constexpr size_t kBeginning = 4096;

/// The length that the bundle's own beginning announces.
Result<> CheckLength(BundleFile& bundle) {
  Bytes beginning(kBeginning);
  beginning.resize(TRY(bundle.file->Read(beginning)));
  TRY(bundle.file->Seek(0));
  auto expected = TRY(format::ExpectedLength(beginning));
  if (expected && *expected == bundle.size) return {};
  if (expected && *expected < bundle.size) {
    return Error{ErrorCode::kCorrupt,
                 StrCat("the file has ", bundle.size - *expected, " bytes behind the bundle's end"),
                 "upload or build the bundle again"};
  }
  return Error{ErrorCode::kTruncated,
               StrCat("the bundle is not complete: ", bundle.size, " bytes of ",
                      expected ? std::to_string(*expected) : std::string("an unknown number")),
               "finish the upload, or upload it again"};
}

void DescribeEarly(const format::EarlyMembers& early, uint64_t size, size_t recipients,
                   Report& report) {
  const format::Header& header = early.header;
  Json ids = Json::EmptyArray();
  report.text += ReportLine("format", StrCat("version ", format::kFormatVersion, ", ",
                                             header.encrypted() ? "encrypted" : "NOT ENCRYPTED"));
  report.text += ReportLine("size", StrCat(SizeInWords(size), ", ", size, " bytes"));
  report.text += ReportLine("content id", header.content_id.Hex());
  for (const format::SignatureEntry& entry : early.signatures) {
    std::string id = ToHex(entry.key_id);
    report.text += ReportLine("signed by", StrCat("key ", id));
    ids.Push(id);
  }
  report.text += ReportLine("recipients", std::to_string(recipients));
  report.text +=
      ReportLine("chunks", StrCat(header.chunk_count, " of up to ", header.chunk_size, " bytes, ",
                                  SizeInWords(header.payload_size), " compressed"));
  Json& json = report.document;
  json.Set("verified", false).Set("size", size).Set("format-version", format::kFormatVersion);
  json.Set("encrypted", header.encrypted()).Set("content-id", header.content_id.Hex());
  json.Set("signed-by", std::move(ids)).Set("recipients", recipients);
  json.Set("chunks", header.chunk_count).Set("chunk-size", header.chunk_size);
  json.Set("payload-size", header.payload_size);
}

}  // namespace

Result<Report> Inspect(const Arguments& arguments) {
  const std::string& path = arguments.positionals().front();
  auto identities = TRY(ReadPrivateKeys(format::KeyType::kX25519, arguments.Values("--identity")));
  BundleFile bundle = TRY(OpenBundle(path));
  TRY(CheckLength(bundle));
  format::BundleInput input(std::move(bundle.file));
  auto early =
      TRY(format::ReadEarlyMembers(input, [](ByteView, const auto&) -> Result<> { return {}; }));

  bool encrypted = early.header.encrypted();
  size_t recipients = encrypted ? TRY(format::CountRecipients(early.recipients)) : 0;
  Report report;
  report.document.Set("bundle", path);
  report.text = StrCat(Printable(path), "\n",
                       "NOT VERIFIED: inspect checks no signature, 'ignite-pack verify' does\n");
  DescribeEarly(early, bundle.size, recipients, report);
  if (encrypted && identities.empty()) {
    report.document.Set("manifest", Json());
    report.text += ReportLine("manifest", "encrypted; give --identity to see it");
    return report;
  }
  std::optional<format::FileKey> file_key;
  if (encrypted) {
    auto opened = format::OpenRecipients(early.recipients, early.header, identities);
    if (!opened && opened.error().code == ErrorCode::kNotAddressed) {
      return std::move(opened)
          .error()
          .With(Printable(path))
          .WithRemedy("give the key of a recipient with --identity");
    }
    file_key = TRY(std::move(opened));
  }
  auto manifest = TRY(format::ReadManifest(input, early.header, file_key));
  report.document.Set("manifest", ManifestToJson(manifest));
  report.text += ManifestToText(manifest);
  return report;
}

}  // namespace ignite::packager
