#include "base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/str_cat.h"

namespace ignite {
namespace {

constexpr std::chrono::milliseconds kRedrawInterval{100};
constexpr size_t kUsualWidth = 80;
/// Columns that a label may have: "  remedy:    ".
constexpr size_t kWidestLabel = 20;

size_t TerminalWidth(int fd) {
  winsize size{};
  bool known = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col : kUsualWidth;
}

/// Where a line goes on that is too long.
size_t ColumnOfRest(std::string_view line) {
  size_t begin = std::min(line.find_first_not_of(' '), line.size());
  size_t gap = line.find("  ", begin);
  bool has_label = gap != std::string_view::npos && gap < begin + kWidestLabel;
  return has_label ? line.find_first_not_of(' ', gap) : begin + 2;
}

std::string WrappedLine(std::string line, size_t width) {
  std::string wrapped;
  size_t column = std::min(ColumnOfRest(line), width / 2);
  while (line.size() > width) {
    size_t space = line.rfind(' ', width);
    // A word that does not fit stays whole.
    if (space == std::string::npos || space <= column)
      space = line.find(' ', std::max(width, column + 1));
    if (space == std::string::npos) break;
    wrapped += StrCat(std::string_view(line).substr(0, space), "\n");
    line = StrCat(std::string(column, ' '), std::string_view(line).substr(space + 1));
  }
  return wrapped + line;
}

}  // namespace

std::string Printable(std::string_view text, size_t limit) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string safe;
  for (char c : text.substr(0, limit)) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      safe.push_back(c);
    } else {
      safe += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  if (text.size() > limit) safe += "...";
  return safe;
}

std::string Quoted(std::string_view text, size_t limit) {
  return StrCat("'", Printable(text, limit), "'");
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += StrCat(text.empty() ? "" : ", ", word);
  return text;
}

std::string Counted(size_t count, std::string_view one, std::string_view many) {
  return StrCat(count, " ", count == 1 ? one : many);
}

std::string SizeInWords(uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return StrCat(bytes, " bytes");
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (value /= 1000; value >= 999.95 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  std::array<char, 32> text{};
  (void)snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string DurationInWords(std::chrono::seconds t) {
  int64_t seconds = t.count();
  if (seconds < 60) return StrCat(seconds, " s");
  if (seconds < 3600) return StrCat(seconds / 60, " min ", seconds % 60, " s");
  return StrCat(seconds / 3600, " h ", seconds / 60 % 60, " min");
}

int PercentOf(uint64_t done, uint64_t total) {
  if (total == 0) return 100;
  return static_cast<int>(static_cast<double>(std::min(done, total)) * 100.0 /
                          static_cast<double>(total));
}

int ProgressMeter::Percent(uint64_t done) const { return PercentOf(done, total_); }

std::string ProgressMeter::Line(uint64_t done, Now now) const {
  int percent = Percent(done);
  std::string line = StrCat(percent < 10    ? "  "
                            : percent < 100 ? " "
                                            : "",
                            percent, "%  ", SizeInWords(done), " of ", SizeInWords(total_));
  double seconds = std::chrono::duration<double>(now - start_).count();
  if (seconds < 0.2 || done == 0) return line;
  double rate = static_cast<double>(done) / seconds;
  line += StrCat("  ", SizeInWords(static_cast<uint64_t>(rate)), "/s");
  if (done < total_) {
    auto left =
        std::chrono::seconds(static_cast<int64_t>(static_cast<double>(total_ - done) / rate) + 1);
    line += StrCat("  ", DurationInWords(left), " left");
  }
  return line;
}

std::string Wrapped(std::string_view text, size_t width) {
  std::string wrapped;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    wrapped += WrappedLine(std::string(text.substr(0, end)), width);
    if (end < text.size()) wrapped += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return wrapped;
}

void PrintText(std::FILE* stream, std::string_view text) {
  int fd = fileno(stream);
  std::string shown = isatty(fd) == 1 ? Wrapped(text, TerminalWidth(fd)) : std::string(text);
  (void)std::fwrite(shown.data(), 1, shown.size(), stream);
}

ProgressLine::ProgressLine() : on_terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { Hide(); }

size_t ProgressLine::Width() {
  // In the last column the cursor of some terminals goes to the next line.
  return TerminalWidth(STDERR_FILENO) - 1;
}

void ProgressLine::Hide() {
  if (shown_) (void)fputs("\r\033[K", stderr);
  shown_ = false;
}

void ProgressLine::Show(std::string_view text, bool is_new) {
  auto now = std::chrono::steady_clock::now();
  if (!on_terminal_ || (shown_ && !is_new && now - last_ < kRedrawInterval)) return;
  last_ = now;
  shown_ = true;
  text = text.substr(0, Width());
  (void)fprintf(stderr, "\r%.*s\033[K", static_cast<int>(text.size()), text.data());
  (void)fflush(stderr);
}

}  // namespace ignite
