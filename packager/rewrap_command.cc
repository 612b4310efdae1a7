#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/bundle_file.h"
#include "packager/commands.h"
#include "packager/given_keys.h"
#include "packager/key_files.h"
#include "payload-format/bundle_rewrapper.h"

namespace ignite::packager {
namespace {

Error Usage(std::string cause, std::string remedy) {
  return {ErrorCode::kInvalidArgument, std::move(cause), std::move(remedy)};
}

}  // namespace

Result<Report> Rewrap(const Arguments& arguments) {
  const std::string& path = arguments.positionals().front();
  std::string output = *arguments.Value("-o");
  auto identities = TRY(ReadPrivateKeys(format::KeyType::kX25519, arguments.Values("--identity")));
  if (identities.empty()) {
    return Usage("no key is given that opens the bundle",
                 "add the key of one of its recipients: --identity P.key");
  }
  auto recipients = TRY(ReadRecipients(arguments));
  if (recipients.empty()) {
    return Usage("no recipient is given, so nobody could decrypt the bundle",
                 "add --recipient P.pub or --recipients FOLDER, also for those that it had before");
  }
  BundleFile bundle = TRY(OpenBundle(path));
  TRY(CheckNewName(path, output));

  ProgressLine line;
  ProgressMeter meter(bundle.size, std::chrono::steady_clock::now());
  auto written = TRY(format::RewrapBundle(
      std::move(bundle.file), identities, recipients, output, [&](uint64_t done, uint64_t) {
        line.Show(meter.Line(done, std::chrono::steady_clock::now()));
      }));

  Report report;
  report.document.Set("bundle", output).Set("size", written.size);
  report.document.Set("content-id", written.content_id.Hex());
  report.document.Set("recipients", recipients.size());
  report.text = StrCat("rewrapped ", Printable(output), "  ", SizeInWords(written.size), "  ",
                       Counted(recipients.size(), "recipient", "recipients"), "  content id ",
                       written.content_id.Hex(), "\n");
  return report;
}

}  // namespace ignite::packager
