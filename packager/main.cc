// ignite-pack: makes keys, keyrings and bundles on a host, and looks into bundles.
#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/arguments.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "packager/commands.h"
#include "packager/interruption.h"

namespace ignite::packager {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kBadBundle = 3 };

const OptionSpec kJson{"--json", "", "print one JSON document on standard output"};
const OptionSpec kIdentities{"--identity", "KEY", "decryption key of a recipient",
                             Occurs::kRepeatedly};

const OptionSpec kRecipient{"--recipient", "PUB", "a probe that may read the bundle",
                            Occurs::kRepeatedly};
const OptionSpec kRecipients{"--recipients", "DIR", "every *.pub of this folder",
                             Occurs::kRepeatedly};

const OptionSpec kSign{"--sign", "KEY", "sign with this private key", Occurs::kRepeatedly};
const OptionSpec kWith{"--with", "COMMAND", "sign with a program, for a key that stays in a token"};
const OptionSpec kPublic{"--public", "PUB", "the public half of the key that COMMAND signs with"};

const ProgramSpec& Program() {
  static const ProgramSpec kProgram = {
      "ignite-pack",
      "builds signed and encrypted bundles for ignite",
      {kJson},
      {
          {"keygen",
           "make a key pair to sign with, or an identity",
           {},
           {{"--role", "ROLE", "make a signing key for: root release qa licence engineer"},
            {"--identity", "", "make the key pair that a probe decrypts with"},
            {"-o", "K", "write K.key (secret) and K.pub; never overwrites", Occurs::kOnce}}},
          {"keyring",
           "make the list of keys that a probe trusts",
           {},
           {{"--role", "ROLE=PUB", "a public key and its role", Occurs::kRepeatedly},
            {"--threshold", "ROLE=N", "so many keys of the role must sign (1)",
             Occurs::kRepeatedly},
            {"-o", "FILE", "write the keyring there; never overwrites", Occurs::kOnce}}},
          {"build",
           "turn a recipe into a bundle",
           {"RECIPE"},
           {kSign,
            kWith,
            kPublic,
            kRecipient,
            kRecipients,
            {"--unencrypted", "", "no recipients: for development probes only"},
            {"--base", "OLD", "send only what changed since OLD (not yet)", Occurs::kRepeatedly},
            {"--level", "N", "zstd level, 1 to 19 (9)"},
            {"--no-rehearsal", "", "do not try migrations on sample data before"},
            {"--jobs", "N", "threads (all cores)"},
            {"-o", "OUT", "write the bundle there; replaces nothing but a bundle", Occurs::kOnce}},
           "With SOURCE_DATE_EPOCH set, no file time is later than it. The same recipe and\n"
           "sources give the same content id."},
          {"rehearse",
           "try the migrations of a recipe on a copy of sample data",
           {"RECIPE"},
           {{"--database", "DATABASE", "a SQLite file, or postgresql:dbname=NAME; never written",
             Occurs::kOnce},
            {"--payload", "NAME", "which payload, where there are several"}},
           "Each step that the sample does not have runs up, down and up again, then all at\n"
           "once; what a down does not undo is told by step, file and first difference.\n"
           "Steps without a down or 'lossy' run up only. Programs run as you, on the copy.\n"
           "'build' does the same on 'sample =' of the recipe, or on a new SQLite database."},
          {"rewrap",
           "give a bundle to other recipients, without signing it anew",
           {"BUNDLE"},
           {kIdentities,
            kRecipient,
            kRecipients,
            {"-o", "OUT", "write the new bundle there; never overwrites", Occurs::kOnce}},
           "One of its recipients' keys opens the bundle. The new one is for those given\n"
           "here and for nobody else; content id, signatures and all else stay as they are."},
          {"sign",
           "add signatures to a finished bundle, elsewhere and later",
           {"BUNDLE"},
           {kSign,
            kWith,
            kPublic,
            {"-o", "OUT", "write the new bundle there; never overwrites", Occurs::kOnce}},
           "The bundle is checked on the way, as far as that takes neither its recipients'\n"
           "keys nor a keyring; 'ignite-pack verify' before tells what is signed. Content\n"
           "id, recipients and every other byte stay as they are."},
          {"inspect",
           "show what a bundle says of itself, without verifying it",
           {"BUNDLE"},
           {kIdentities}},
          {"verify",
           "check signatures and every byte of a bundle",
           {"BUNDLE"},
           {{"--keyring", "FILE", "the trusted keys", Occurs::kOnce}, kIdentities}},
          {"open-report",
           "decrypt what a probe reported of a failure",
           {"FILE"},
           {{"--identity", "KEY", "the secret key of the probe's report-recipient", Occurs::kOnce},
            {"-o", "ARCHIVE", "write the archive there; never overwrites", Occurs::kOnce}}},
      },
      "exit codes: 0 done; 1 failed; 2 usage or recipe wrong; 3 the bundle is not\n"
      "trusted, damaged, empty, short, of an unknown version or not encrypted to this\n"
      "identity"};
  return kProgram;
}

struct CommandRow {
  std::string_view name;
  Result<Report> (*run)(const Arguments&);
};

constexpr CommandRow kCommands[] = {
    {"keygen", Keygen},     {"keyring", MakeKeyring}, {"build", Build},
    {"rehearse", Rehearse}, {"rewrap", Rewrap},       {"sign", Sign},
    {"inspect", Inspect},   {"verify", Verify},       {"open-report", OpenSealedReport}};

ExitCode ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return kUsage;
    case ErrorCode::kUntrusted:
    case ErrorCode::kNotAddressed:
    case ErrorCode::kCorrupt:
    case ErrorCode::kTruncated:
    case ErrorCode::kUnsupported:
      return kBadBundle;
    default:
      return kFailed;
  }
}

void PrintJson(const Json& document) {
  std::string text = document.Dump(true) + "\n";
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

ExitCode Fail(const Error& error, bool as_json) {
  ExitCode exit = ExitCodeOf(error.code);
  if (as_json) {
    Json details = Json::EmptyObject();
    details.Set("code", ErrorCodeName(error.code)).Set("cause", error.cause);
    details.Set("remedy", error.remedy).Set("exit", static_cast<int>(exit));
    Json document = Json::EmptyObject();
    PrintJson(document.Set("error", std::move(details)));
  } else {
    PrintText(stderr, PrintableLines(StrCat("ignite-pack: ", error.cause, "\n")));
    if (!error.remedy.empty())
      PrintText(stderr, PrintableLines(StrCat("  remedy: ", error.remedy, "\n")));
  }
  return exit;
}

Result<Report> Run(const std::vector<std::string>& words) {
  Arguments arguments = TRY(ParseArguments(Program(), words));
  Report report;
  if (arguments.help()) {
    report.text = HelpText(Program(), arguments.command());
    report.document.Set("help", report.text);
    return report;
  }
  if (arguments.version()) {
    report.text = "ignite-pack " IGNITE_VERSION "\n";
    report.document.Set("version", IGNITE_VERSION);
    return report;
  }
  for (const CommandRow& row : kCommands) {
    if (row.name == arguments.command()->name) return row.run(arguments);
  }
  return Error{ErrorCode::kInternal, "a command has no function", "report this"};
}

int Main(const std::vector<std::string>& words) {
  bool as_json = std::find(words.begin(), words.end(), kJson.name) != words.end();
  auto report = Run(words);
  if (!report) return Fail(report.error(), as_json);
  if (as_json) {
    PrintJson(report->document);
  } else {
    PrintText(stdout, report->text);
  }
  if (std::fflush(stdout) == 0) return kDone;
  return Fail(SystemError("writing to standard output", errno), false);
}

}  // namespace
}  // namespace ignite::packager

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (ignite::packager::IsTidier(words)) return ignite::packager::RunTidier(words);
  ignite::packager::TidyUpOnSignals();
  return ignite::packager::Main(words);
}
