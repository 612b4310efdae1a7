#include "base/clock.h"

#include <cerrno>
#include <ctime>

namespace ignite {
namespace {

class SystemClock : public Clock {
 public:
  int64_t WallSeconds() override { return time(nullptr); }

  Milliseconds BootTime() override {
    timespec now{};
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return Milliseconds(int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000);
  }

  void Sleep(Milliseconds duration) override {
    timespec rest{duration.count() / 1000, (duration.count() % 1000) * 1'000'000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
  }
};

}  // namespace

std::unique_ptr<Clock> MakeSystemClock() { return std::make_unique<SystemClock>(); }

}  // namespace ignite
