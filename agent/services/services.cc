#include "agent/services/services.h"

#include <unistd.h>

#include <cerrno>

#include "base/str_cat.h"

namespace ignite::services {
namespace {

using engine::Unit;

constexpr std::chrono::minutes kTimeout{5};

class NoServices : public engine::Services {
 public:
  Result<> Stop(const std::vector<Unit>&) override { return {}; }
  Result<> Publish(const std::vector<Unit>&) override { return {}; }
  Result<> Start(const std::vector<Unit>&) override { return {}; }
  Result<> CheckAnswer() override { return {}; }
  Result<> CheckRunning(const std::string& unit) override {
    return Error{ErrorCode::kUnsupported, StrCat("nobody looks after ", unit),
                 "set a backend other than none in [services] of agent.ini"};
  }
};

class CommandServices : public engine::Services {
 public:
  CommandServices(std::string program, std::string root, Process& process)
      : program_(std::move(program)), root_(std::move(root)), process_(process) {}

  Result<> Stop(const std::vector<Unit>& units) override { return Run("stop", units); }
  Result<> Publish(const std::vector<Unit>&) override { return {}; }
  Result<> Start(const std::vector<Unit>& units) override { return Run("start", units); }
  Result<> CheckAnswer() override {
    if (access(program_.c_str(), X_OK) == 0) return {};
    return SystemError(StrCat("[services] command = ", program_), errno)
        .WithRemedy("put the program there, or set another backend in agent.ini");
  }
  Result<> CheckRunning(const std::string& unit) override {
    return Run("is-active", {Unit{unit, {}}});
  }

 private:
  Result<> Run(const std::string& verb, const std::vector<Unit>& units) {
    if (units.empty()) return {};
    Command command;
    command.arguments = {program_, verb};
    for (const Unit& unit : units) command.arguments.push_back(unit.name);
    command.environment = {StrCat("IGNITE_ROOT=", root_)};
    command.timeout = kTimeout;
    return CheckOutcome(command, TRY(process_.Run(command)));
  }

  std::string program_;
  std::string root_;
  Process& process_;
};

}  // namespace

std::unique_ptr<engine::Services> MakeNoServices() { return std::make_unique<NoServices>(); }

std::unique_ptr<engine::Services> MakeCommandServices(std::string program, std::string root,
                                                      Process& process) {
  return std::make_unique<CommandServices>(std::move(program), std::move(root), process);
}

}  // namespace ignite::services
