#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/commands.h"
#include "packager/key_files.h"
#include "payload-format/sealed_report.h"

namespace ignite::packager {
namespace {

/// Far more than any report.
constexpr size_t kMaxReport = 64 * 1024 * 1024;
constexpr mode_t kForTheOwner = 0600;

}  // namespace

Result<Report> OpenSealedReport(const Arguments& arguments) {
  const std::string& path = arguments.positionals().front();
  std::string output = *arguments.Value("-o");
  auto identity = TRY(ReadPrivateKey(format::KeyType::kX25519, *arguments.Value("--identity")));
  std::string sealed = TRY(ReadGivenFile(path, kMaxReport));
  auto opened = format::OpenReport(identity, AsBytes(sealed));
  if (!opened) return std::move(opened).error().With(Printable(path));
  TRY(WriteNewFile(output, AsText(*opened), kForTheOwner));
  Report report;
  report.document.Set("report", output).Set("size", opened->size());
  report.text = StrCat("opened ", Printable(output), "  ", SizeInWords(opened->size()),
                       ": 'tar --zstd -xf' unpacks it\n");
  return report;
}

}  // namespace ignite::packager
