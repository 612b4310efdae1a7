#include "agent/engine/maintenance_window.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "base/ini.h"

namespace ignite::engine {
namespace {

constexpr int kMinutesOfAnHour = 60;
/// A day, and the hour that the change to winter time adds.
constexpr Clock::Milliseconds kLongestWait = std::chrono::hours(25);

/// "HH:MM" in minutes since midnight.
std::optional<int> ParseTime(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  auto hours = ParseNumber(text.substr(0, 2));
  auto minutes = ParseNumber(text.substr(3));
  if (!hours || !minutes || *hours >= 24 || *minutes >= kMinutesOfAnHour) return std::nullopt;
  return static_cast<int>(*hours * kMinutesOfAnHour + *minutes);
}

}  // namespace

std::optional<MaintenanceWindow> MaintenanceWindow::Parse(std::string_view text) {
  size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto begin = ParseTime(text.substr(0, dash));
  auto end = ParseTime(text.substr(dash + 1));
  if (!begin || !end || *begin == *end) return std::nullopt;
  return MaintenanceWindow(*begin, *end);
}

bool MaintenanceWindow::MayBegin(int64_t wall_seconds, Clock::Milliseconds waited) const {
  time_t time = wall_seconds;
  std::tm local{};
  (void)localtime_r(&time, &local);
  int now = local.tm_hour * kMinutesOfAnHour + local.tm_min;
  bool is_in_it = begin_ < end_ ? begin_ <= now && now < end_ : begin_ <= now || now < end_;
  return is_in_it || waited > kLongestWait;
}

std::string MaintenanceWindow::ToString() const {
  std::array<char, 48> text{};
  (void)std::snprintf(text.data(), text.size(), "%02d:%02d-%02d:%02d", begin_ / kMinutesOfAnHour,
                      begin_ % kMinutesOfAnHour, end_ / kMinutesOfAnHour, end_ % kMinutesOfAnHour);
  return text.data();
}

}  // namespace ignite::engine
