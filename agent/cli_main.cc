// ignite: the command line of a probe.
#include <algorithm>
#include <array>
#include <cstdio>

#include "agent/cli/background.h"
#include "agent/cli/commands.h"
#include "agent/cli/companion.h"
#include "agent/cli/doctor.h"
#include "agent/cli/terminal_observer.h"
#include "agent/composition.h"
#include "agent/conclusion.h"
#include "base/arguments.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/translation.h"
#include "migrations/worker.h"

namespace ignite {
namespace {

constexpr char kBegun[] = "begun: 'ignite watch' follows it\n";
const OptionSpec kNoWait{"--no-wait", "", "go on in the background once it has begun"};

const ProgramSpec& Program() {
  static const ProgramSpec kProgram = {
      "ignite",
      "updates this probe, and takes updates back",
      {{"--root", "DIR", "work on the probe below this folder (/)"},
       {"--json", "", "print one JSON document"}},
      {
          {"status", "what runs, since when, and what can be returned to", {}, {}, ""},
          {"install",
           "check and apply a bundle, and wait for the verdict",
           {"BUNDLE"},
           {kNoWait},
           ""},
          {"plan", "what an install would do here, and every check", {"BUNDLE"}, {}, ""},
          {"rollback",
           "return to the deployment before, or to a kept one",
           {},
           {{"--to", "N", "the number of a kept deployment"},
            {"--list", "", "only tell which there are, and what a return takes"},
            {"--restore-data", "", "accept that a snapshot loses what was written since"},
            kNoWait},
           ""},
          {"history",
           "every transaction and how it ended",
           {},
           {{"--verify", "", "check that nobody changed it"},
            {"--export", "", "a line for each entry, with its hash"}},
           ""},
          {"config",
           "the kept versions of the configurations: history, diff or show",
           {"ACTION", "[VERSION]", "[FILE]"},
           {{"--component", "NAME", "of this one, where there are several"}},
           "actions: history; diff [FROM [TO]]; show VERSION [FILE]"},
          {"licence", "the licence, its features, and until when it holds", {}, {}, ""},
          {"show", "a transaction's steps and times", {"ID"}, {}, ""},
          {"watch", "follow the running transaction to its end", {}, {}, ""},
          {"cancel", "undo the running transaction", {}, {}, ""},
          {"hold", "install no upload, or not this content", {"[CONTENT-ID]"}, {}, ""},
          {"unhold", "lift all holds, or that of this content", {"[CONTENT-ID]"}, {}, ""},
          {"verify",
           "check a bundle against this probe's keys, or the live trees",
           {"[BUNDLE]"},
           {},
           ""},
          {"adopt", "make deployment 1 of what this probe runs already", {"FILE"}, {}, ""},
          {"doctor", "whether this probe could take an update, and what to mend", {}, {}, ""},
          {"recover",
           "finish what an interruption left half done",
           {},
           {{"--boot", "", "before any application has started"},
            {"--without-units", "", "leave the units alone: reboot, or start them, afterwards"}},
           ""},
      },
      "exit codes: 0 done; 1 failed, nothing changed; 2 usage; 3 the bundle is not\n"
      "trusted, damaged or not for this identity; 4 this probe refuses; 5 applied,\n"
      "failed, rolled back; 6 stuck; 7 busy; 8 waits for a reboot"};
  return kProgram;
}

/// Whether a person may leave it running, or cancel it.
bool IsAccompanied(const Arguments& arguments) {
  constexpr std::array<std::string_view, 4> kCommands = {"install", "rollback", "adopt", "recover"};
  bool is_long =
      std::find(kCommands.begin(), kCommands.end(), arguments.command()->name) != kCommands.end();
  return is_long && !arguments.Has("--json") && cli::IsOnTerminal();
}

Result<std::unique_ptr<cli::TerminalObserver>> MakeObserver(const Arguments& arguments,
                                                            Composition& composition) {
  using Observer = std::unique_ptr<cli::TerminalObserver>;
  FileSystem& files = composition.files();
  if (!arguments.Has("--no-wait")) {
    if (IsAccompanied(arguments)) {
      UniqueFd channel = TRY(cli::GoOnAccompanied(kBegun));
      return Observer(std::make_unique<cli::AccompaniedObserver>(
          files, composition.clock(), composition.paths(), std::move(channel)));
    }
    return std::make_unique<cli::TerminalObserver>(files, composition.clock(), composition.paths(),
                                                   !arguments.Has("--json"));
  }
  Json begun = Json::EmptyObject();
  begun.Set("state", "begun").Set("outcome", nullptr);
  std::string words = arguments.Has("--json") ? begun.Dump(true) + "\n" : kBegun;
  UniqueFd fd = TRY(cli::GoOnInBackground(words));
  return Observer(std::make_unique<cli::DetachingObserver>(files, composition.clock(),
                                                           composition.paths(), std::move(fd)));
}

Result<int64_t> TransactionNumber(const Arguments& arguments) {
  const std::string& text = arguments.positionals()[0];
  auto number = ParseNumber(text);
  if (number && *number <= static_cast<uint64_t>(Json::kMaxInteger))
    return static_cast<int64_t>(*number);
  return Error{ErrorCode::kInvalidArgument, StrCat("'", Printable(text), "' is no transaction"),
               "give a number of 'ignite history'"};
}

Result<cli::Answer> RunWithKeys(const Arguments& arguments, const engine::ProbePaths& paths) {
  std::string_view command = arguments.command()->name;
  auto composition = TRY(Composition::Load(paths));
  if (arguments.Has("--boot")) composition->PrepareForBoot();
  if (arguments.Has("--without-units")) composition->LeaveUnitsAlone();
  engine::Parts parts = composition->parts();
  const std::vector<std::string>& words = arguments.positionals();
  if (command == "config") return cli::Config(parts, words, arguments.Value("--component"));
  if (command == "plan") return cli::Plan(parts, words[0]);
  if (arguments.Has("--list")) return cli::Deployments(parts);
  if (command == "verify")
    return words.empty() ? cli::VerifyLive(parts)
                         : cli::VerifyBundle(parts, words[0], !arguments.Has("--json"));
  auto to = TRY(arguments.Number("--to", 1, Json::kMaxInteger));
  std::optional<std::string> content;
  if (!words.empty()) content = words[0];
  auto observer = TRY(MakeObserver(arguments, *composition));
  cli::TerminalObserver::CatchSignals();
  if (command == "adopt") return cli::Adopt(parts, words[0], *observer);
  if (command == "install") {
    auto answer = cli::Install(parts, words[0], *observer);
    // It may have been named where it was uploaded.
    const int64_t* begun = answer ? answer->document.Find("transaction")->AsInteger() : nullptr;
    if (begun != nullptr) ConcludeUploadOf(*composition, *begun);
    return answer;
  }
  if (command == "recover" || command == "cancel") {
    auto unfinished = TRY(engine::TakeSnapshot(parts.files, parts.paths)).transaction;
    auto answer = command == "cancel" ? cli::Cancel(parts, *observer)
                                      : cli::Recover(parts, arguments.Has("--boot"), *observer);
    if (unfinished) ConcludeUploadOf(*composition, unfinished->id);
    if (answer && unfinished && arguments.Has("--without-units"))
      answer->text += "  note: no unit was stopped or started: reboot, or start them by hand\n";
    return answer;
  }
  if (command == "hold") return cli::Hold(parts, content, *observer);
  if (command == "unhold") return cli::Unhold(parts, content, *observer);
  engine::RollbackRequest request;
  if (to) request.to = static_cast<int64_t>(*to);
  request.restores_data = arguments.Has("--restore-data");
  return cli::Rollback(parts, request, *observer);
}

/// Without keys: also where they are missing or wrong.
Result<cli::Answer> RunStatus(FileSystem& files, const engine::ProbePaths& paths, Clock& clock) {
  engine::Settings settings = TRY(engine::LoadSettings(files, paths));
  auto process = MakeSystemProcess();
  auto boot = boot::MakeBoot(settings, paths, files, *process);
  const std::vector<format::PrivateKey> no_identities;
  handlers::AllHandlers handlers(files, *process, clock, paths, settings, no_identities, *boot);
  return cli::Status({files, paths, clock, settings, handlers, *boot});
}

/// Options of one command that ask for different things: one of them would be passed over.
Result<> CheckOptions(const Arguments& arguments) {
  constexpr std::pair<std::string_view, std::string_view> kExclusive[] = {
      {"--verify", "--export"},
      {"--list", "--to"},
      {"--list", "--no-wait"},
      {"--list", "--restore-data"}};
  for (const auto& [one, other] : kExclusive) {
    if (!arguments.Has(one) || !arguments.Has(other)) continue;
    return Error{ErrorCode::kInvalidArgument, StrCat(one, " and ", other, " exclude each other"),
                 "give one of them"};
  }
  return {};
}

Result<cli::Answer> Run(const Arguments& arguments) {
  TRY(CheckOptions(arguments));
  engine::ProbePaths paths = TRY(ResolveRoot(arguments.Value("--root").value_or("/")));
  std::string_view command = arguments.command()->name;
  auto files = MakePosixFileSystem();
  auto clock = MakeSystemClock();
  if (command == "status") return RunStatus(*files, paths, *clock);
  if (command == "watch") return cli::Watch(*files, paths, *clock, !arguments.Has("--json"));
  if (command == "licence") return cli::Licence(*files, paths, *clock);
  if (command == "history" && arguments.Has("--verify")) return cli::VerifyHistory(paths);
  if (command == "history" && arguments.Has("--export")) return cli::ExportHistory(paths);
  if (command == "history") return cli::History(paths);
  if (command == "doctor") {
    auto composition = Composition::Load(paths);
    if (!composition) return cli::Doctor(*files, *clock, paths, nullptr);
    engine::Parts parts = (*composition)->parts();
    return cli::Doctor(*files, *clock, paths, &parts);
  }
  if (command == "show") return cli::Show(paths, TRY(TransactionNumber(arguments)));
  return RunWithKeys(arguments, paths);
}

Result<cli::Answer> AnswerTo(const Arguments& arguments) {
  cli::Answer answer{Json::EmptyObject(), {}, engine::exit_code::kDone};
  if (arguments.help()) {
    answer.text = HelpText(Program(), arguments.command());
    answer.document.Set("help", answer.text);
    return answer;
  }
  if (arguments.version()) {
    answer.text = "ignite " IGNITE_VERSION "\n";
    answer.document.Set("version", IGNITE_VERSION);
    return answer;
  }
  return Run(arguments);
}

int PrintJson(const Json& document, int exit_code) {
  std::string text = document.Dump(true) + "\n";
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_code;
}

int PrintError(const Error& error, bool as_json) {
  int exit_code = engine::ExitCodeFor(error);
  if (as_json) {
    Json inner = Json::EmptyObject();
    inner.Set("code", ErrorCodeName(error.code))
        .Set("cause", error.cause)
        .Set("remedy", error.remedy)
        .Set("exit", exit_code);
    Json document = Json::EmptyObject();
    return PrintJson(document.Set("error", std::move(inner)), exit_code);
  }
  std::string text = StrCat("ignite: ", error.cause, "\n");
  if (!error.remedy.empty()) text += StrCat("  remedy: ", error.remedy, "\n");
  PrintText(stderr, text);
  return exit_code;
}

int Main(const std::vector<std::string>& words) {
  bool as_json = std::find(words.begin(), words.end(), "--json") != words.end();
  auto arguments = ParseArguments(Program(), words);
  if (!arguments) return PrintError(arguments.error(), as_json);
  auto answer = AnswerTo(*arguments);
  if (!answer) return PrintError(answer.error(), as_json);
  if (as_json) return PrintJson(answer->document, answer->exit_code);
  PrintText(stdout, answer->text);
  return answer->exit_code;
}

}  // namespace
}  // namespace ignite

int main(int argc, char** argv) {
  ignite::PrepareTranslation();
  std::vector<std::string> words(argv + 1, argv + argc);
  return ignite::migrations::IsWorker(words) ? ignite::migrations::RunWorker()
                                             : ignite::Main(words);
}
