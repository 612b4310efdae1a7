#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/bundle_file.h"
#include "packager/commands.h"
#include "packager/given_keys.h"
#include "payload-format/bundle_signer.h"

namespace ignite::packager {

Result<Report> Sign(const Arguments& arguments) {
  const std::string& path = arguments.positionals().front();
  std::string output = *arguments.Value("-o");
  auto signers = TRY(ReadSigners(arguments));
  BundleFile bundle = TRY(OpenBundle(path));
  TRY(CheckNewName(path, output));

  ProgressLine line;
  ProgressMeter meter(bundle.size, std::chrono::steady_clock::now());
  auto written = TRY(
      format::AddSignatures(std::move(bundle.file), signers, output, [&](uint64_t done, uint64_t) {
        line.Show(meter.Line(done, std::chrono::steady_clock::now()));
      }));

  std::vector<std::string> key_ids;
  for (const auto& signer : signers) key_ids.push_back(ToHex(signer->public_key().Id()));
  Report report;
  report.document.Set("bundle", output).Set("size", written.size);
  report.document.Set("content-id", written.content_id.Hex());
  report.document.Set("added", Json::StringArray(key_ids));
  report.text = StrCat("signed ", Printable(output), "  ", SizeInWords(written.size), "  ",
                       Counted(key_ids.size(), "signature", "signatures"), " added  content id ",
                       written.content_id.Hex(), "\n");
  return report;
}

}  // namespace ignite::packager
