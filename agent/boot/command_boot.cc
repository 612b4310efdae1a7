#include "agent/boot/command_boot.h"

#include <unistd.h>

#include <cerrno>

#include "agent/boot/loader_boot.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::boot {

using engine::Slot;
using engine::SlotName;

namespace {
constexpr std::chrono::minutes kTimeout{1};
}  // namespace

CommandBoot::CommandBoot(std::string program, std::string root, Process& process)
    : program_(std::move(program)), root_(std::move(root)), process_(process) {}

Result<Slot> CommandBoot::Booted() {
  std::string output = TRY(Run({"booted"}));
  auto slot = engine::ParseSlot(TrimSpace(output));
  if (slot) return *slot;
  return Error{ErrorCode::kCorrupt,
               StrCat(program_, " booted printed '", Printable(TrimSpace(output), 80), "'"),
               "let it print a or b, and nothing else"};
}

Result<std::optional<Slot>> CommandBoot::Next() {
  if (access(program_.c_str(), X_OK) == 0) return std::optional<Slot>();
  return SystemError(StrCat("[boot] command = ", program_), errno)
      .WithRemedy("put the program there, or set another backend in agent.ini");
}

Result<> CommandBoot::SetTrial(Slot slot, int tries) {
  TRY(CheckTries(tries));
  TRY(Run({"set-trial", std::string(SlotName(slot)), std::to_string(tries)}));
  return {};
}

Result<> CommandBoot::MarkGood(Slot slot) {
  TRY(Run({"mark-good", std::string(SlotName(slot))}));
  return {};
}

Result<> CommandBoot::MarkBad(Slot slot) {
  TRY(Run({"mark-bad", std::string(SlotName(slot))}));
  return {};
}

Result<std::string> CommandBoot::Run(std::vector<std::string> arguments) {
  Command command;
  command.arguments = {program_};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = {StrCat("IGNITE_ROOT=", root_)};
  command.timeout = kTimeout;
  Outcome outcome = TRY(process_.Run(command));
  TRY(CheckOutcome(command, outcome));
  return outcome.output;
}

}  // namespace ignite::boot
