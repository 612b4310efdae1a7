#include "agent/outbox/probe_page.h"

#include "agent/outbox/reason_words.h"
#include "agent/outbox/words.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::outbox {
namespace {

constexpr size_t kLabel = 13;

/// The label stands before the first line only.
std::string Lines(std::string label, std::string_view text) {
  label.resize(kLabel, ' ');
  std::string lines = label;
  for (char c : text) {
    lines += c;
    if (c == '\n') lines += std::string(kLabel, ' ');
  }
  return lines + "\n";
}

std::string VerdictLines(const engine::TransactionRecord& transaction) {
  std::string text =
      StrCat(engine::TimeText(transaction.ended), "  ", engine::StateName(transaction.state), "  ",
             Printable(transaction.bundle));
  if (!transaction.cause.empty())
    text += StrCat("\n  ", transaction.reason, ": ", transaction.cause);
  if (!transaction.remedy.empty()) text += StrCat("\n  remedy: ", transaction.remedy);
  return text;
}

/// The label stands before the first of them.
template <class List, class Line>
std::string ListLines(std::string_view label, const List& list, Line line) {
  if (list.empty()) return Lines(std::string(label), "none");
  std::string text;
  for (const auto& element : list)
    text += Lines(text.empty() ? std::string(label) : std::string(), line(element));
  return text;
}

/// In another language, without what the English text alone can say.
std::string TranslatedText(Speaker say, const ProbePage& page) {
  const auto& deployments = page.snapshot.deployments;
  std::string text = StrCat(say("Probe:"), " ", page.settings.product, ", ",
                            page.settings.compatible, "\n", say("Runs:"), " ");
  if (deployments.empty()) {
    text += StrCat(say("nothing: no bundle was installed yet"), "\n");
  } else {
    text += StrCat(DeploymentWords(say, deployments.back()), ", ", say("since"), " ",
                   engine::TimeText(deployments.back().created), "\n");
  }
  if (const auto& transaction = page.snapshot.transaction) {
    text += StrCat(say("Under way:"), " ", Printable(transaction->bundle), ", ",
                   StateWord(say, engine::StateName(transaction->state)), "\n");
  }
  text += StrCat(say("Licence:"), " ", LicenceWords(say, page.licence), "\n");
  for (const WaitingUpload& upload : page.uploads)
    text +=
        StrCat(say("Waits:"), " ", Printable(upload.bundle), ", ", say(upload.why.c_str()), "\n");
  for (const engine::TransactionRecord& verdict : page.verdicts) {
    text += StrCat(engine::TimeText(verdict.ended), ": ", Printable(verdict.bundle), ", ",
                   StateWord(say, engine::StateName(verdict.state)), "\n");
    if (const ReasonWords* words = WordsFor(verdict.reason))
      text += StrCat("  ", say(words->meaning), "\n  ", say(words->remedy), "\n");
  }
  for (const FreeSpace& space : page.space)
    text += StrCat(say("Free:"), " ", space.path, ", ", FreeSpaceWords(say, space), "\n");
  return text;
}

}  // namespace

uint64_t FirstDigit(uint64_t number) {
  uint64_t unit = 1;
  while (number / unit >= 10) unit *= 10;
  return number / unit * unit;
}

std::string ProbeText(const ProbePage& page) {
  engine::Snapshot at_rest = page.snapshot;
  at_rest.progress.reset();
  Speaker say(Language::kEnglish);
  std::string text = engine::StatusText(page.settings, at_rest);
  text += Lines("licence", LicenceWords(say, page.licence));
  text += Lines("agent", "ignite " IGNITE_VERSION);
  text += ListLines("waits", page.uploads, [](const WaitingUpload& upload) {
    return StrCat(Printable(upload.bundle), ": ", upload.why);
  });
  text += ListLines("last", page.verdicts, VerdictLines);
  text += ListLines("free space", page.space, [&](const FreeSpace& space) {
    return StrCat(space.path, ": ", FreeSpaceWords(say, space));
  });
  Speaker translated(Language::kFrench);
  return StrCat(text, "\n", SameBelow(translated), "\n\n", TranslatedText(translated, page), "\n");
}

Json ProbeJson(const ProbePage& page, int64_t now) {
  Json uploads = Json::EmptyArray();
  for (const WaitingUpload& upload : page.uploads) {
    Json json = Json::EmptyObject();
    uploads.Push(json.Set("bundle", upload.bundle).Set("why", upload.why));
  }
  Json space = Json::EmptyArray();
  for (const FreeSpace& free : page.space) {
    Json json = Json::EmptyObject();
    space.Push(json.Set("path", free.path).Set("free", free.bytes).Set("free_inodes", free.inodes));
  }
  Json json = page.status;
  json.Set("uploads", std::move(uploads)).Set("verdicts", engine::HistoryJson(page.verdicts));
  return json.Set("space", std::move(space)).Set("written", now);
}

}  // namespace ignite::outbox
