#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/bundle_file.h"
#include "packager/commands.h"
#include "packager/key_files.h"
#include "packager/manifest_report.h"
#include "packager/payload_check.h"
#include "payload-format/verified_bundle.h"

namespace ignite::packager {

Result<Report> Verify(const Arguments& arguments) {
  const std::string& path = arguments.positionals().front();
  auto keyring = TRY(ReadKeyring(*arguments.Value("--keyring")));
  auto identities = TRY(ReadPrivateKeys(format::KeyType::kX25519, arguments.Values("--identity")));
  BundleFile file = TRY(OpenBundle(path));
  // What a probe would accept is its own configuration; this program only says what it found.
  auto opened = format::VerifiedBundle::Open(std::move(file.file), keyring, identities,
                                             format::PlainBundles::kAccepted);
  if (!opened && opened.error().code == ErrorCode::kNotAddressed) {
    return std::move(opened).error().WithRemedy("give the key of a recipient: --identity P.key");
  }
  auto bundle = TRY(std::move(opened));
  const format::Manifest& manifest = bundle.manifest();
  PayloadCheck check(manifest);
  TRY(check.CheckManifest());
  ProgressLine line;
  ProgressMeter meter(bundle.payload_size(), std::chrono::steady_clock::now());
  TRY(bundle.ReadPayloads(check, 0, [&](uint64_t done) -> Result<> {
    line.Show(meter.Line(done, std::chrono::steady_clock::now()));
    return {};
  }));

  Report report;
  report.document.Set("bundle", path).Set("verified", true).Set("size", file.size);
  report.document.Set("encrypted", bundle.encrypted());
  report.document.Set("content-id", bundle.content_id().Hex()).Set("files", check.files());
  report.document.Set("manifest", ManifestToJson(manifest));
  report.text = StrCat("verified ", Printable(path), "  ", SizeInWords(file.size), "  ",
                       format::KindName(manifest.kind), " ", Printable(manifest.product), " ",
                       Printable(manifest.version), "  ", manifest.payloads.size(), " payloads, ",
                       check.files(), " files  content id ", bundle.content_id().Hex(), "\n");
  if (!bundle.encrypted()) {
    report.text +=
        "note: the bundle is NOT ENCRYPTED; a probe refuses it unless it is configured for "
        "development\n";
  }
  return report;
}

}  // namespace ignite::packager
