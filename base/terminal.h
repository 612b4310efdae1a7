// What both programs show a person: text that is safe to print, sizes and times in words, and one
// line of progress.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ignite {

/// Control characters and bytes that are not printable ASCII come out as \xNN, so that no name from
/// a bundle, an FTP client or a file can steer a terminal or a log. `limit` bytes at most.
std::string Printable(std::string_view text, size_t limit = 400);
/// The same between single quotation marks.
std::string Quoted(std::string_view text, size_t limit = 400);
/// "a, b, c"
std::string Joined(const std::vector<std::string>& words);

/// "1 key", "3 keys"
std::string Counted(size_t count, std::string_view one, std::string_view many);

std::string SizeInWords(uint64_t bytes);              ///< "51.3 MB"
std::string DurationInWords(std::chrono::seconds t);  ///< "1 min 20 s"

/// Of 100; 100 where there is nothing to do.
int PercentOf(uint64_t done, uint64_t total);

/// How far a long work is, with rate and time left reckoned from what was done so far.
class ProgressMeter {
 public:
  using Now = std::chrono::steady_clock::time_point;

  ProgressMeter(uint64_t total_bytes, Now start) : total_(total_bytes), start_(start) {}

  int Percent(uint64_t done) const;
  /// " 42%  21.0 MB of 50.0 MB  35.2 MB/s  1 s left"; the time left is absent while nothing can be
  /// said.
  std::string Line(uint64_t done, Now now) const;

 private:
  uint64_t total_;
  Now start_;
};

/// Lines longer than `width` are broken between words, and go on below what they say: behind their
/// label, where they have one, else two columns further in.
std::string Wrapped(std::string_view text, size_t width);

/// What a person reads: wrapped on a terminal, elsewhere as it is.
void PrintText(std::FILE* stream, std::string_view text);

/// Shows progress on standard error: one line that is redrawn on a terminal and cut to its width,
/// nothing elsewhere.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool on_terminal() const { return on_terminal_; }
  /// The columns that it may fill without going over.
  static size_t Width();
  /// What comes too soon after the line before it is passed over, unless it `is_new`.
  void Show(std::string_view text, bool is_new = false);
  /// Something else may be printed then.
  void Hide();

 private:
  bool on_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace ignite
