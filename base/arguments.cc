#include "base/arguments.h"

#include <algorithm>

#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite {
namespace {

constexpr size_t kUsageWidth = 79;

const OptionSpec kHelp{"--help", "", "show this help"};
const OptionSpec kVersion{"--version", "", "show the version"};

Error Wrong(std::string cause, std::string remedy) {
  return {ErrorCode::kInvalidArgument, std::move(cause), std::move(remedy)};
}

bool IsOptional(std::string_view argument) { return argument.starts_with('['); }

std::string Synopsis(const OptionSpec& option) {
  return option.value.empty() ? std::string(option.name) : StrCat(option.name, " ", option.value);
}

/// Rows of two columns.
std::string Table(const std::vector<std::pair<std::string, std::string_view>>& rows) {
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  std::string text;
  for (const auto& [left, right] : rows)
    text += StrCat("  ", left, std::string(width + 2 - left.size(), ' '), right, "\n");
  return text;
}

std::string Usage(const ProgramSpec& program, const CommandSpec* command) {
  std::vector<std::string> words;
  if (command == nullptr && program.commands.empty()) {
    words.emplace_back("[OPTION]...");
  } else if (command == nullptr) {
    for (const OptionSpec& option : program.options)
      words.push_back(StrCat("[", Synopsis(option), "]"));
    for (const OptionSpec& option : {kHelp, kVersion})
      words.push_back(StrCat("[", option.name, "]"));
    words.emplace_back("COMMAND [ARGUMENT]...");
  } else {
    words.emplace_back(command->name);
    words.insert(words.end(), command->arguments.begin(), command->arguments.end());
    for (const OptionSpec& option : command->options) {
      std::string_view dots = option.occurs == Occurs::kRepeatedly ? "..." : "";
      words.push_back(option.occurs == Occurs::kOnce ? Synopsis(option)
                                                     : StrCat("[", Synopsis(option), "]", dots));
    }
  }
  std::string usage;
  std::string line = StrCat("usage: ", program.name);
  for (const std::string& word : words) {
    if (line.size() + 1 + word.size() > kUsageWidth) {
      usage += line + "\n";
      line = "      ";
    }
    line += StrCat(" ", word);
  }
  return StrCat(usage, line, "\n");
}

}  // namespace

class ArgumentParser {
 public:
  explicit ArgumentParser(const ProgramSpec& program) : program_(program) {}

  Result<Arguments> Parse(const std::vector<std::string>& words) {
    FindCommand(words);
    for (const OptionSpec& asked : {kHelp, kVersion}) {
      bool is_asked = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        return word == asked.name || (word == "-h" && asked.name == kHelp.name);
      });
      if (!is_asked) continue;
      parsed_.options_[std::string(asked.name)];
      return std::move(parsed_);
    }
    bool options_ended = false;
    bool command_seen = program_.commands.empty();
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (!options_ended && word == "--") {
        options_ended = true;
      } else if (!options_ended && word.size() > 1 && word[0] == '-') {
        TRY(TakeOption(words, i));
      } else if (!command_seen) {
        if (parsed_.command_ == nullptr) return UnknownCommand(word);
        command_seen = true;
      } else {
        parsed_.positionals_.push_back(word);
      }
    }
    if (!command_seen) return Wrong("no command is given", SeeHelp());
    TRY(CheckCounts());
    return std::move(parsed_);
  }

 private:
  /// The first word that is neither an option nor the value of one.
  void FindCommand(const std::vector<std::string>& words) {
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i].starts_with('-')) {
        const OptionSpec* option = FindIn(program_.options, words[i]);
        if (option != nullptr && !option->value.empty()) ++i;
        continue;
      }
      auto found = std::find_if(program_.commands.begin(), program_.commands.end(),
                                [&](const CommandSpec& c) { return c.name == words[i]; });
      if (found != program_.commands.end()) parsed_.command_ = &*found;
      return;
    }
  }

  static const OptionSpec* FindIn(const std::vector<OptionSpec>& options, std::string_view name) {
    auto found = std::find_if(options.begin(), options.end(),
                              [&](const OptionSpec& o) { return o.name == name; });
    return found == options.end() ? nullptr : &*found;
  }

  const OptionSpec* Find(std::string_view name) const {
    const OptionSpec* option = FindIn(program_.options, name);
    if (option == nullptr && parsed_.command_ != nullptr)
      option = FindIn(parsed_.command_->options, name);
    return option;
  }

  Result<> TakeOption(const std::vector<std::string>& words, size_t& i) {
    std::string_view name = words[i];
    std::optional<std::string_view> value;
    if (size_t equals = name.find('=');
        name.starts_with("--") && equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    const OptionSpec* option = Find(name);
    if (option == nullptr) return UnknownOption(name);
    if (option->value.empty() && value)
      return Wrong(StrCat(Quoted(name), " takes no value"), SeeHelp());
    auto& values = parsed_.options_[std::string(name)];
    if (!values.empty() && option->occurs != Occurs::kRepeatedly) {
      return Wrong(StrCat(Quoted(name), " is given twice"), "give it once");
    }
    if (!option->value.empty() && !value && i + 1 < words.size() &&
        !words[i + 1].starts_with("--")) {
      value = words[++i];
    }
    if (!option->value.empty() && (!value || value->empty())) {
      return Wrong(StrCat(Quoted(name), " has no value"), StrCat("write ", Synopsis(*option)));
    }
    values.emplace_back(value.value_or(""));
    return {};
  }

  Result<> CheckCounts() const {
    for (const auto* options :
         {&program_.options, parsed_.command_ == nullptr ? nullptr : &parsed_.command_->options}) {
      if (options == nullptr) continue;
      for (const OptionSpec& option : *options) {
        if (option.occurs != Occurs::kOnce || parsed_.Has(option.name)) continue;
        return Wrong(StrCat("'", Synopsis(option), "' is missing"), SeeHelp());
      }
    }
    static const std::vector<std::string_view> kNone;
    const auto& wanted = parsed_.command_ == nullptr ? kNone : parsed_.command_->arguments;
    const auto& given = parsed_.positionals_;
    if (given.size() > wanted.size())
      return Wrong(StrCat(Quoted(given[wanted.size()]), " is one word too many"), SeeHelp());
    if (given.size() == wanted.size() || IsOptional(wanted[given.size()])) return {};
    return Wrong(StrCat(wanted[given.size()], " is missing"), SeeHelp());
  }

  Error UnknownCommand(std::string_view word) const {
    std::vector<std::string_view> known;
    for (const CommandSpec& command : program_.commands) known.push_back(command.name);
    return Wrong(StrCat("the command ", Quoted(word), " is unknown"), SuggestWord(word, known));
  }

  Error UnknownOption(std::string_view name) const {
    std::vector<std::string_view> known = {kHelp.name, kVersion.name};
    for (const OptionSpec& option : program_.options) known.push_back(option.name);
    if (parsed_.command_ != nullptr) {
      for (const OptionSpec& option : parsed_.command_->options) known.push_back(option.name);
    }
    return Wrong(StrCat("the option ", Quoted(name), " is unknown"), SuggestWord(name, known));
  }

  std::string SeeHelp() const {
    if (parsed_.command_ == nullptr) return StrCat("see '", program_.name, " --help'");
    return StrCat("see '", program_.name, " ", parsed_.command_->name, " --help'");
  }

  const ProgramSpec& program_;
  Arguments parsed_;
};

std::optional<std::string> Arguments::Value(std::string_view option) const {
  auto found = options_.find(option);
  if (found == options_.end() || found->second.empty()) return std::nullopt;
  return found->second.front();
}

std::vector<std::string> Arguments::Values(std::string_view option) const {
  auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>() : found->second;
}

Result<std::optional<uint64_t>> Arguments::Number(std::string_view option, uint64_t minimum,
                                                  uint64_t maximum) const {
  auto text = Value(option);
  if (!text) return std::optional<uint64_t>();
  auto number = ParseNumber(*text);
  if (number && *number >= minimum && *number <= maximum) return number;
  return Wrong(StrCat(option, " ", Quoted(*text), " is not possible"),
               StrCat("give a whole number from ", minimum, " to ", maximum));
}

Result<Arguments> ParseArguments(const ProgramSpec& program,
                                 const std::vector<std::string>& words) {
  return ArgumentParser(program).Parse(words);
}

std::string HelpText(const ProgramSpec& program, const CommandSpec* command) {
  std::vector<std::pair<std::string, std::string_view>> commands;
  std::vector<std::pair<std::string, std::string_view>> options;
  if (command == nullptr) {
    for (const CommandSpec& known : program.commands)
      commands.emplace_back(known.name, known.summary);
  } else {
    for (const OptionSpec& option : command->options)
      options.emplace_back(Synopsis(option), option.explanation);
  }
  for (const OptionSpec& option : program.options)
    options.emplace_back(Synopsis(option), option.explanation);
  options.emplace_back(kHelp.name, kHelp.explanation);
  if (command == nullptr) options.emplace_back(kVersion.name, kVersion.explanation);

  std::string text = Usage(program, command);
  text += StrCat(program.name, command == nullptr ? std::string() : StrCat(" ", command->name),
                 ": ", command == nullptr ? program.summary : command->summary, "\n");
  // A screen has no room for both.
  text += commands.empty()
              ? StrCat("\noptions:\n", Table(options))
              : StrCat("\ncommands (COMMAND --help tells their options):\n", Table(commands));
  std::string_view details = command == nullptr ? program.details : command->details;
  if (!details.empty()) text += StrCat("\n", details, "\n");
  return text;
}

}  // namespace ignite
