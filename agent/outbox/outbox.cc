#include "agent/outbox/outbox.h"

#include <algorithm>

#include "agent/engine/preview_document.h"
#include "agent/outbox/history_file.h"
#include "agent/outbox/lines.h"
#include "agent/outbox/probe_html.h"
#include "agent/outbox/reason_words.h"
#include "agent/outbox/words.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "payload-format/sealed_report.h"

namespace ignite::outbox {
namespace {

constexpr std::string_view kReport = ".report.tar.zst";
constexpr std::string_view kSealedReport = ".report.tar.zst.sealed";
constexpr size_t kMaxName = 200;
constexpr size_t kMaxText = 1024 * 1024;
constexpr size_t kMaxHistory = 256 * 1024 * 1024;
constexpr mode_t kReadable = 0644;

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return upper;
}

Json ToJson(const UploadStatus& status, int64_t now) {
  Json json = Json::EmptyObject();
  json.Set("bundle", status.bundle).Set("state", status.state).Set("outcome", status.outcome);
  json.Set("reason", status.reason).Set("cause", status.cause).Set("remedy", status.remedy);
  json.Set("percent", status.percent).Set("step", status.step);
  json.Set("transaction", status.transaction == 0 ? Json() : Json(status.transaction));
  json.Set("deployment", status.deployment == 0 ? Json() : Json(status.deployment));
  json.Set("checks", engine::ChecksJson(status.checks));
  return json.Set("remarks", Json::StringArray(status.remarks)).Set("updated", now);
}

/// A field with its label; letters of more than one byte count once.
std::string Field(std::string_view label, std::string_view text) {
  if (text.empty()) return {};
  auto letters =
      std::count_if(label.begin(), label.end(), [](char c) { return (c & 0xC0) != 0x80; });
  std::string line(label);
  line.append(static_cast<size_t>(std::max<ptrdiff_t>(17 - letters, 1)), ' ');
  return StrCat(line, text, "\n");
}

std::string RunningWords(Speaker say, const UploadStatus& status) {
  return status.running ? DeploymentWords(say, *status.running)
                        : std::string(say("nothing: no bundle was installed yet"));
}

std::string ToText(const UploadStatus& status, int64_t now) {
  bool is_final = !status.outcome.IsNull();
  std::string text = Field("Bundle:", Printable(status.bundle));
  if (is_final) {
    text += Field("Verdict:", UpperCase(*status.outcome.AsString()));
  } else {
    text += Field("State:", StrCat(status.state, status.step.empty() ? "" : ", ", status.step, ", ",
                                   status.percent, "%"));
  }
  text += Field("Why:", status.cause);
  text += Field("What to do:", status.remedy);
  for (const std::string& remark : status.remarks) text += Field("Note:", remark);
  if (is_final) text += Field("The probe runs:", RunningWords(Speaker(Language::kEnglish), status));
  for (const engine::CheckResult& check : status.checks) {
    text +=
        Field("Check:", StrCat(check.passed ? "pass  " : "FAIL  ", check.id, ": ", check.cause));
  }
  return text + Field("Written:", engine::TimeText(now));
}

/// The same in another language, as far as there are words for it: the cause has names in it and
/// stays English, below one sentence of what its reason means.
std::string ToTranslatedText(Speaker say, const UploadStatus& status, int64_t now) {
  bool is_final = !status.outcome.IsNull();
  std::string text = Field(say("Bundle:"), Printable(status.bundle));
  if (is_final) {
    text += Field(say("Verdict:"), StateWord(say, *status.outcome.AsString()));
  } else {
    text +=
        Field(say("State:"), StrCat(StateWord(say, status.state), ", ", status.percent, say("%")));
  }
  if (const ReasonWords* words = WordsFor(status.reason)) {
    text += Field(say("Why:"), say(words->meaning));
    text += Field(say("What to do:"), say(words->remedy));
  }
  text += Field(say("Details:"), status.cause);
  if (is_final) text += Field(say("The probe runs:"), RunningWords(say, status));
  return text + Field(say("Written:"), engine::TimeText(now));
}

}  // namespace

std::string Outbox::SafeName(std::string_view bundle) {
  std::string name(bundle);
  for (char& c : name) {
    bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '.' || c == '_' || c == '-';
    if (!safe) c = '_';
  }
  return name.substr(0, kMaxName);
}

Result<> Outbox::Write(const UploadStatus& status) {
  int64_t now = clock_.WallSeconds();
  Speaker say(Language::kFrench);
  std::string text =
      StrCat(ToText(status, now), "\n", SameBelow(say), "\n\n", ToTranslatedText(say, status, now));
  // The person's file first: a script that sees the verdict may show the text.
  TRY(files_.WriteAtomically(PathOf(status.bundle, ".status.txt"), AsBytes(DosLines(text)),
                             kReadable));
  return files_.WriteAtomically(PathOf(status.bundle, ".status.json"),
                                AsBytes(ToJson(status, now).Dump(true) + "\n"), kReadable);
}

Result<> Outbox::WritePlan(std::string_view bundle, const engine::Preview& preview) {
  return files_.WriteAtomically(PathOf(bundle, ".plan.txt"),
                                AsBytes(DosLines(engine::PreviewText(preview, bundle))), kReadable);
}

Result<> Outbox::RemovePlan(std::string_view bundle) {
  return files_.RemoveFile(PathOf(bundle, ".plan.txt"));
}

Result<> Outbox::WriteReport(std::string_view bundle, ByteView archive,
                             const std::optional<format::PublicKey>& recipient) {
  if (!recipient) return files_.WriteAtomically(PathOf(bundle, kReport), archive, kReadable);
  return files_.WriteAtomically(PathOf(bundle, kSealedReport),
                                format::SealReport(*recipient, archive), kReadable);
}

Result<bool> Outbox::HasReport(std::string_view bundle) {
  return TRY(files_.Inspect(PathOf(bundle, kReport))).has_value() ||
         TRY(files_.Inspect(PathOf(bundle, kSealedReport))).has_value();
}

Result<> Outbox::RemoveReport(std::string_view bundle) {
  TRY(files_.RemoveFile(PathOf(bundle, kReport)));
  return files_.RemoveFile(PathOf(bundle, kSealedReport));
}

Result<> Outbox::WriteTrouble(const Error& error) {
  std::string text = StrCat("This probe takes no upload: ", PrintableLines(error.cause),
                            "\n  remedy:    ", error.remedy,
                            "\nUploads stay in the inbox until an engineer has mended it.\n");
  return files_.WriteAtomically(
      StrCat(path_, "/PROBE.txt"),
      AsBytes(
          DosLines(StrCat(text, "written      ", engine::TimeText(clock_.WallSeconds()), "\n"))),
      kReadable);
}

Result<> Outbox::WriteProbe(const ProbePage& page) {
  std::string text_path = StrCat(path_, "/PROBE.txt");
  std::string html_path = StrCat(path_, "/PROBE.html");
  std::string text = StrCat(DosLines(ProbeText(page)), "written      ");
  std::string html = ProbeHtml(page);
  bool says_the_same = BeginsWith(text_path, text) && BeginsWith(html_path, html) &&
                       TRY(files_.Inspect(StrCat(path_, "/PROBE.json"))).has_value();
  if (says_the_same) return {};
  int64_t now = clock_.WallSeconds();
  // The text last: a write that fails is tried again.
  TRY(files_.WriteAtomically(StrCat(path_, "/PROBE.json"),
                             AsBytes(ProbeJson(page, now).Dump(true) + "\n"), kReadable));
  TRY(files_.WriteAtomically(html_path, AsBytes(StrCat(html, ProbeHtmlEnd(now))), kReadable));
  return files_.WriteAtomically(text_path, AsBytes(StrCat(text, engine::TimeText(now), "\r\n")),
                                kReadable);
}

bool Outbox::BeginsWith(const std::string& path, std::string_view text) {
  auto present = files_.ReadFile(path, kMaxText);
  return present && present->starts_with(text);
}

Result<> Outbox::WriteHistory(const std::vector<engine::HistoryEntry>& entries,
                              const format::PrivateKey& key) {
  std::string key_path = StrCat(path_, "/probe.pub");
  std::string history_path = StrCat(path_, "/history.jsonl");
  HistoryFile history(entries);
  std::string pem = key.public_key().Pem();
  auto key_there = files_.ReadFile(key_path, kMaxText);
  auto there = files_.ReadFile(history_path, kMaxHistory);
  bool is_its_key = key_there && *key_there == pem;
  if (is_its_key && there && history.IsIn(*there)) return {};
  TRY(files_.WriteAtomically(history_path, AsBytes(history.Signed(clock_.WallSeconds(), key)),
                             kReadable));
  // The key last: where only this fails, the history is signed again.
  return is_its_key ? Result<>() : files_.WriteAtomically(key_path, AsBytes(pem), kReadable);
}

std::string Outbox::PathOf(std::string_view bundle, std::string_view suffix) const {
  return StrCat(path_, "/", SafeName(bundle), suffix);
}

UploadStatus WaitingStatus(std::string bundle, std::string cause, std::string remedy, int percent) {
  UploadStatus status;
  status.bundle = std::move(bundle);
  status.state = "waiting";
  status.cause = std::move(cause);
  status.remedy = std::move(remedy);
  status.percent = percent;
  return status;
}

UploadStatus ProgressStatus(std::string bundle, const engine::Progress& progress) {
  UploadStatus status;
  status.bundle = std::move(bundle);
  status.state = engine::StateName(progress.state);
  status.percent = progress.percent;
  status.step = progress.step;
  status.transaction = progress.transaction;
  return status;
}

UploadStatus VerdictStatus(std::string bundle, const engine::Verdict& verdict,
                           const engine::Snapshot& snapshot) {
  UploadStatus status;
  status.bundle = std::move(bundle);
  status.state = engine::StateName(verdict.state);
  status.outcome = engine::OutcomeJson(verdict.state);
  status.reason = verdict.reason;
  status.cause = verdict.cause;
  status.remedy = verdict.remedy;
  status.percent = 100;
  status.transaction = verdict.transaction;
  status.deployment = verdict.deployment;
  status.checks = verdict.checks;
  status.remarks = verdict.remarks;
  if (!snapshot.deployments.empty()) status.running = snapshot.deployments.back();
  return status;
}

}  // namespace ignite::outbox
