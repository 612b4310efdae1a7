#include "agent/forecast.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file_system.h"
#include "base/str_cat.h"

namespace ignite {
namespace {

/// Less than a pipe takes at once.
constexpr size_t kMaxCause = 3000;
constexpr size_t kMaxRemedy = 1000;
constexpr char kBetween = '\0';

}  // namespace

Result<ForecastPipe> ForecastPipe::Make() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return SystemError("making a pipe", errno);
  return ForecastPipe(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

void ForecastPipe::Send(const Forecast& forecast) const {
  std::string text = StrCat(forecast.cause.substr(0, kMaxCause), std::string(1, kBetween),
                            forecast.remedy.substr(0, kMaxRemedy));
  (void)WriteAll(in_.get(), AsBytes(text), "a forecast");
}

std::optional<Forecast> ForecastPipe::Receive() const {
  std::array<char, kMaxCause + 1 + kMaxRemedy> text{};
  ssize_t size = read(out_.get(), text.data(), text.size());
  if (size <= 0) return std::nullopt;
  std::string_view words(text.data(), static_cast<size_t>(size));
  size_t end = words.find(kBetween);
  if (end == std::string_view::npos) return std::nullopt;
  return Forecast{std::string(words.substr(0, end)), std::string(words.substr(end + 1))};
}

}  // namespace ignite
