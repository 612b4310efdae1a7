#include "agent/health/health_checks.h"

#include <algorithm>
#include <array>

#include "agent/health/http_check.h"
#include "agent/health/tcp_check.h"
#include "base/str_cat.h"
#include "payload-format/manifest/health_spec.h"

namespace ignite::health {
namespace {

using Milliseconds = std::chrono::milliseconds;

class HealthChecks : public engine::HealthChecker {
 public:
  HealthChecks(Process& process, engine::Services& services, const engine::ProbePaths& paths)
      : process_(process), services_(services), paths_(paths) {}

  bool Knows(std::string_view type) const override { return Find(type) != nullptr; }

  Result<> Attempt(const format::HealthCheckInfo& check, Milliseconds limit) override {
    const Row* row = Find(check.type);
    const format::HealthType* type = format::FindHealthType(check.type);
    if (row == nullptr || type == nullptr) {
      return Error{ErrorCode::kUnsupported,
                   StrCat("the health check type ", check.type, " is unknown"),
                   "update ignite-agent"};
    }
    return (this->*row->attempt)(TRY(format::HealthParameter(*type, check.spec)), limit);
  }

 private:
  struct Row {
    std::string_view type;
    Result<> (HealthChecks::*attempt)(const std::string& parameter, Milliseconds limit);
  };

  static const Row* Find(std::string_view type) {
    static constexpr std::array kRows = {
        Row{"http", &HealthChecks::Http},
        Row{"tcp", &HealthChecks::Tcp},
        Row{"unit", &HealthChecks::Unit},
        Row{"command", &HealthChecks::RunCommand},
    };
    auto found =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.type == type; });
    return found == kRows.end() ? nullptr : &*found;
  }

  Result<> Http(const std::string& url, Milliseconds limit) { return CheckHttp(url, limit); }
  Result<> Tcp(const std::string& address, Milliseconds limit) { return CheckTcp(address, limit); }
  Result<> Unit(const std::string& unit, Milliseconds) { return services_.CheckRunning(unit); }
  Result<> RunCommand(const std::string& line, Milliseconds limit) {
    Command command{{"/bin/sh", "-c", line}, {StrCat("IGNITE_ROOT=", paths_.Root())}, limit};
    return CheckOutcome(command, TRY(process_.Run(command)));
  }

  Process& process_;
  engine::Services& services_;
  const engine::ProbePaths& paths_;
};

}  // namespace

std::unique_ptr<engine::HealthChecker> MakeHealthChecker(Process& process,
                                                         engine::Services& services,
                                                         const engine::ProbePaths& paths) {
  return std::make_unique<HealthChecks>(process, services, paths);
}

}  // namespace ignite::health
