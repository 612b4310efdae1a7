// The command line of a program, described once as data: from it come the parser, the errors and
// the help.
//
//   const ProgramSpec kProgram = {"ignite", "updates this probe", {{"--root", "DIR", "work below
//   DIR"}}, {
//       {"install", "check and apply a bundle", {"BUNDLE"}, {{"--no-wait", "", "do not wait for the
//       verdict"}}},
//   }};
//   Arguments arguments = TRY(ParseArguments(kProgram, {argv + 1, argv + argc}));
//   if (arguments.help()) return Print(HelpText(kProgram, arguments.command()));
//
// Options may stand anywhere behind the program's name, also as --name=VALUE; "--" ends them.
// `--help` (or -h) and `--version` are known to every program: where one of them stands, nothing
// else of the line is checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ignite {

enum class Occurs : uint8_t { kAtMostOnce, kOnce, kRepeatedly };

struct OptionSpec {
  std::string_view name;  ///< "--sign", or a single letter "-o"
  std::string_view
      value;  ///< What its value is called in the help; empty for an option without value.
  std::string_view explanation;  ///< One line of the help.
  Occurs occurs = Occurs::kAtMostOnce;
};

struct CommandSpec {
  std::string_view name;
  std::string_view summary;  ///< One line of the help.
  std::vector<std::string_view> arguments =
      {};  ///< "BUNDLE", or "[BUNDLE]" for one that may be absent.
  std::vector<OptionSpec> options = {};
  std::string_view details = {};  ///< Further help, with its line ends.
};

struct ProgramSpec {
  std::string_view name;
  std::string_view summary;
  std::vector<OptionSpec> options = {};  ///< Of every command; they may also stand before its name.
  std::vector<CommandSpec> commands = {};  ///< None: the program has options only.
  std::string_view details = {};
};

/// A command line that fits its description. `help()` and `version()` are to be asked first.
class Arguments {
 public:
  bool help() const { return Has("--help"); }
  bool version() const { return Has("--version"); }
  /// nullptr where the program has no commands, or help or version was asked without one. Points
  /// into the ProgramSpec.
  const CommandSpec* command() const { return command_; }

  bool Has(std::string_view option) const { return options_.contains(option); }
  /// The value of an option that occurs at most once.
  std::optional<std::string> Value(std::string_view option) const;
  std::vector<std::string> Values(std::string_view option) const;
  /// The value as a whole number; kInvalidArgument where it is none or out of range.
  Result<std::optional<uint64_t>> Number(std::string_view option, uint64_t minimum,
                                         uint64_t maximum) const;
  /// The arguments that are no options, in their order.
  const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  friend class ArgumentParser;
  const CommandSpec* command_ = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
  std::vector<std::string> positionals_;
};

/// `words` without the program's own name. kInvalidArgument names the first word that does not fit,
/// and the nearest known.
Result<Arguments> ParseArguments(const ProgramSpec& program, const std::vector<std::string>& words);

/// The help of the program (`command` nullptr) or of one command.
std::string HelpText(const ProgramSpec& program, const CommandSpec* command);

}  // namespace ignite
