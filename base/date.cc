#include "base/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/ini.h"

namespace ignite {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;
using Days = std::chrono::days;

constexpr int64_t kSecondsOfDay = 24 * 60 * 60;
constexpr year_month_day kLastDay{std::chrono::year(9999), std::chrono::month(12),
                                  std::chrono::day(31)};

}  // namespace

std::optional<int64_t> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  auto year = ParseNumber(text.substr(0, 4));
  auto month = ParseNumber(text.substr(5, 2));
  auto day = ParseNumber(text.substr(8, 2));
  if (!year || !month || !day || *year < 1970) return std::nullopt;
  year_month_day date{std::chrono::year(static_cast<int>(*year)),
                      std::chrono::month(static_cast<unsigned>(*month)),
                      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * kSecondsOfDay;
}

std::string DateText(int64_t seconds) {
  int64_t last = sys_days(kLastDay).time_since_epoch().count();
  int64_t number = std::clamp<int64_t>(seconds / kSecondsOfDay, 0, last);
  year_month_day date{sys_days(Days(static_cast<Days::rep>(number)))};
  std::array<char, 16> text{};
  (void)std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

}  // namespace ignite
