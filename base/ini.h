// INI files as people write them: recipes and agent.ini. Wraps inih and closes its traps.
//
// inih alone splits a line over 199 bytes silently, reports one fault of a file, knows no line
// numbers, and cuts a value at " ;". Here every value knows its line, every fault of the file is
// collected, a long line is a fault, and a value that lost its tail to a comment says so. A line
// that begins with white space continues the value above it; list values are split at commas and
// line ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ignite {

/// One thing that is wrong in a text file. What the message quotes of the file is made printable.
struct Fault {
  int line = 0;  ///< 1-based; 0 where it concerns the whole file.
  std::string message;
  std::string remedy;
};

/// All faults as one error, a line each: "recipe.ini:12: unknown key 'verson' (did you mean
/// 'version'?)".
Error FaultsToError(std::string_view file_name, std::vector<Fault> faults);

struct IniEntry {
  std::string key;
  std::string value;
  int line = 0;
  bool cut_by_comment =
      false;  ///< " ;" ended the value; fatal for values in which a semicolon has a meaning.
};

struct IniSection {
  std::string name;
  int line = 0;
  std::vector<IniEntry> entries;

  const IniEntry* Find(std::string_view key) const;
};

struct IniFile {
  std::vector<IniSection> sections;  ///< In the order of the file.
  std::vector<Fault> faults;         ///< Malformed lines, long lines, duplicate keys and sections.

  const IniSection* Find(std::string_view name) const;
};

IniFile ParseIni(std::string_view text);

/// Splits a value at commas and line ends; elements are trimmed, empty ones dropped.
std::vector<std::string> SplitList(std::string_view value);
std::string_view TrimSpace(std::string_view text);

/// The nearest of `candidates` by edit distance, where it is near enough to be meant.
std::optional<std::string_view> NearestWord(std::string_view word,
                                            const std::vector<std::string_view>& candidates);
/// "did you mean 'x'?", or "known are a, b, c".
std::string SuggestWord(std::string_view word, const std::vector<std::string_view>& candidates);

/// Reads "30s", "5m", "500ms", "2h" or a plain number of seconds; the result is in milliseconds.
std::optional<int64_t> ParseDuration(std::string_view text);
/// A whole number without sign, nothing else.
std::optional<uint64_t> ParseNumber(std::string_view text);

}  // namespace ignite
