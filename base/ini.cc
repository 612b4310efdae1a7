#include "base/ini.h"

#include <ini.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr size_t kMaxShownName = 80;

/// Feeds inih line by line, so that each callback knows the line it stems from.
class IniReader {
 public:
  explicit IniReader(std::string_view text) : rest_(text) {}

  IniFile Read() {
    (void)ini_parse_stream(&IniReader::NextLine, this, &IniReader::OnEntry, this);
    FinishLine();
    return std::move(file_);
  }

 private:
  static char* NextLine(char* buffer, int size, void* self) noexcept {
    return static_cast<IniReader*>(self)->Next(buffer, static_cast<size_t>(size));
  }
  static int OnEntry(void* self, const char*, const char* key, const char* value) noexcept {
    static_cast<IniReader*>(self)->Entry(key, value);
    return 1;
  }

  char* Next(char* buffer, size_t size) {
    FinishLine();
    if (rest_.empty()) return nullptr;
    size_t end = rest_.find('\n');
    current_ = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    ++line_;
    understood_ = false;
    if (current_.find('\0') != std::string_view::npos) {
      return Skip(buffer, "the line holds a NUL byte", "save the file as plain UTF-8 text");
    }
    if (current_.size() + 2 > size) {
      return Skip(buffer, StrCat("the line is longer than ", size - 2, " bytes"),
                  "continue the value on the next line, which begins with a space");
    }
    current_.copy(buffer, current_.size());
    buffer[current_.size()] = '\n';
    buffer[current_.size() + 1] = '\0';
    StartSection();
    return buffer;
  }

  char* Skip(char* buffer, std::string message, std::string remedy) {
    AddFault(std::move(message), std::move(remedy));
    understood_ = true;
    std::copy_n(";\n", sizeof(";\n"), buffer);
    return buffer;
  }

  void StartSection() {
    std::string_view line = TrimSpace(
        line_ == 1 && current_.starts_with("\xEF\xBB\xBF") ? current_.substr(3) : current_);
    if (line.empty() || line[0] == ';' || line[0] == '#') understood_ = true;
    size_t end = line.starts_with('[') ? line.find(']') : std::string_view::npos;
    if (end == std::string_view::npos) return;
    std::string_view behind = TrimSpace(line.substr(end + 1));
    bool alone = behind.empty() || behind[0] == ';' || behind[0] == '#';
    if (kSpace.find(current_[0]) != std::string_view::npos) {
      if (!alone) return;  // A value that goes on, such as an address "[::1]:80".
      understood_ = true;
      AddFault("a [section] must stand at the start of its line",
               "remove the space in front of it");
      return;
    }
    understood_ = true;
    std::string name(TrimSpace(line.substr(1, end - 1)));
    if (name.empty()) AddFault("the section has no name", "give it one");
    if (!alone) AddFault("there is more behind the [section]", "put it on a line of its own");
    if (const IniSection* earlier = file_.Find(name)) {
      AddFault(StrCat("section [", Printable(name, kMaxShownName), "] stands twice, first on line ",
                      earlier->line),
               "join the two");
    }
    file_.sections.push_back({name, line_, {}});
  }

  void Entry(std::string key, std::string value) {
    understood_ = true;
    if (file_.sections.empty()) {
      AddFault(StrCat("'", Printable(key, kMaxShownName), "' stands before the first [section]"),
               "put it below a section");
      return;
    }
    auto& entries = file_.sections.back().entries;
    bool continues = kSpace.find(current_[0]) != std::string_view::npos && !entries.empty();
    bool cut = current_.find(" ;") != std::string_view::npos ||
               current_.find("\t;") != std::string_view::npos;
    if (continues) {
      entries.back().value += StrCat("\n", WithoutComment(value));
      entries.back().cut_by_comment |= cut;
      return;
    }
    if (key.empty()) AddFault("the key has no name", "write 'key = value'");
    if (const IniEntry* earlier = file_.sections.back().Find(key)) {
      AddFault(StrCat("'", Printable(key, kMaxShownName),
                      "' stands twice in this section, first on line ", earlier->line),
               "keep one; a list goes on one line with commas");
    }
    entries.push_back({std::move(key), std::move(value), line_, cut});
  }

  /// inih 55 cuts comments off the first line of a value only.
  static std::string_view WithoutComment(std::string_view value) {
    for (size_t i = 1; i < value.size(); ++i) {
      if (value[i] == ';' && kSpace.find(value[i - 1]) != std::string_view::npos)
        return TrimSpace(value.substr(0, i));
    }
    return value;
  }

  void FinishLine() {
    if (!understood_)
      AddFault("the line is neither a [section] nor 'key = value'", "correct or remove it");
    understood_ = true;
  }

  void AddFault(std::string message, std::string remedy) {
    file_.faults.push_back({line_, std::move(message), std::move(remedy)});
  }

  std::string_view rest_;
  std::string_view current_;
  int line_ = 0;
  bool understood_ = true;
  IniFile file_;
};

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

Error FaultsToError(std::string_view file_name, std::vector<Fault> faults) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.line < b.line; });
  std::string cause;
  for (const Fault& fault : faults) {
    if (!cause.empty()) cause += "\n";
    cause += std::string(file_name);
    if (fault.line > 0) cause += StrCat(":", fault.line);
    cause += StrCat(": ", fault.message);
    if (!fault.remedy.empty()) cause += StrCat(" (", fault.remedy, ")");
  }
  return {ErrorCode::kInvalidArgument, std::move(cause),
          StrCat("correct ", file_name, " and try again")};
}

const IniEntry* IniSection::Find(std::string_view key) const {
  auto found =
      std::find_if(entries.begin(), entries.end(), [&](const IniEntry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const IniSection* IniFile::Find(std::string_view name) const {
  auto found = std::find_if(sections.begin(), sections.end(),
                            [&](const IniSection& s) { return s.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

IniFile ParseIni(std::string_view text) { return IniReader(text).Read(); }

std::string_view TrimSpace(std::string_view text) {
  size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string> SplitList(std::string_view value) {
  std::vector<std::string> elements;
  while (!value.empty()) {
    size_t end = std::min(value.find_first_of(",\n"), value.size());
    if (std::string_view element = TrimSpace(value.substr(0, end)); !element.empty())
      elements.emplace_back(element);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return elements;
}

std::optional<std::string_view> NearestWord(std::string_view word,
                                            const std::vector<std::string_view>& candidates) {
  std::optional<std::string_view> nearest;
  size_t limit = std::max<size_t>(2, word.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    if (size_t distance = EditDistance(word, candidate); distance < limit) {
      limit = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string SuggestWord(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (auto nearest = NearestWord(word, candidates)) return StrCat("did you mean '", *nearest, "'?");
  std::string known = "known are";
  for (std::string_view candidate : candidates)
    known += StrCat(known.ends_with("are") ? " " : ", ", candidate);
  return known;
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::optional<int64_t> ParseDuration(std::string_view text) {
  size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  auto number = ParseNumber(text.substr(0, digits));
  std::string_view unit = TrimSpace(text.substr(digits));
  int64_t factor = unit.empty() || unit == "s" ? 1000
                   : unit == "ms"              ? 1
                   : unit == "m"               ? 60'000
                   : unit == "h"               ? 3'600'000
                                               : 0;
  if (!number || factor == 0 || *number > 1'000'000'000) return std::nullopt;
  return static_cast<int64_t>(*number) * factor;
}

}  // namespace ignite
