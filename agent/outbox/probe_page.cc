#include "agent/outbox/probe_page.h"

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

}  // namespace

uint64_t FirstDigit(uint64_t number) {
  uint64_t unit = 1;
  while (number / unit >= 10) unit *= 10;
  return number / unit * unit;
}

std::string ProbeText(const ProbePage& page) {
  engine::Snapshot at_rest = page.snapshot;
  at_rest.progress.reset();
  std::string text = engine::StatusText(page.settings, at_rest);
  text += Lines("licence", page.licence);
  text += Lines("agent", "ignite " IGNITE_VERSION);
  text += ListLines("waits", page.uploads, [](const WaitingUpload& upload) {
    return StrCat(Printable(upload.bundle), ": ", upload.why);
  });
  text += ListLines("last", page.verdicts, VerdictLines);
  text += ListLines("free space", page.space, [](const FreeSpace& space) {
    return StrCat(space.path, ": ", SizeInWords(FirstDigit(space.bytes)), " or more");
  });
  return text;
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
