#include "agent/cli/progress_display.h"

#include <algorithm>

#include "base/str_cat.h"

namespace ignite::cli {
namespace {

constexpr std::string_view kCut = "...";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// "at 42%" and "at 43%" are the same step.
std::string WithoutPercents(std::string_view step) {
  std::string text;
  for (char c : step) {
    if (c == '%')
      while (!text.empty() && IsDigit(text.back())) text.pop_back();
    text += c;
  }
  return text;
}

std::string LeftWords(const engine::Progress& progress) {
  if (!progress.left) return {};
  auto seconds = std::chrono::ceil<std::chrono::seconds>(*progress.left);
  return seconds.count() == 0 ? std::string() : StrCat("  ", DurationInWords(seconds), " left");
}

}  // namespace

void ProgressDisplay::Show(const engine::Progress& progress) {
  std::string step = WithoutPercents(progress.step);
  bool is_new = step != step_;
  step_ = std::move(step);
  if (line_.on_terminal()) {
    line_.Show(ProgressText(progress, ProgressLine::Width()), is_new);
  } else if (is_new) {
    (void)fputs(StrCat(Printable(progress.step), "\n").c_str(), stderr);
  }
}

std::string ProgressText(const engine::Progress& progress, size_t width) {
  std::string percent = std::to_string(progress.percent);
  percent.insert(0, 3 - percent.size(), ' ');
  std::string step = Printable(progress.step);
  std::string left = LeftWords(progress);
  size_t around = percent.size() + 3 + left.size();
  size_t room = width > around ? width - around : 0;
  if (step.size() > room)
    step = StrCat(step.substr(0, room - std::min(room, kCut.size())), kCut.substr(0, room));
  return StrCat(percent, "%  ", step, left);
}

}  // namespace ignite::cli
