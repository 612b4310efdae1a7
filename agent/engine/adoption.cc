#include "agent/engine/adoption.h"

#include <algorithm>

#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/manifest/version.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::engine {
namespace {

constexpr std::string_view kDeployment = "deployment";
constexpr std::string_view kComponent = "component ";
constexpr std::string_view kApplications = "app/";

class AdoptionReader {
 public:
  explicit AdoptionReader(std::string_view text) : file_(ParseIni(text)), faults_(file_.faults) {}

  Result<Adoption> Read(std::string_view file_name) {
    for (const IniSection& section : file_.sections) {
      if (section.name == kDeployment) {
        adoption_.version = Value(section, "version", "a version such as 4.1.0", format::IsVersion);
        if (section.Find("epoch") != nullptr) {
          std::string epoch = Value(section, "epoch", "a number", IsEpoch);
          adoption_.epoch = static_cast<uint32_t>(ParseNumber(epoch).value_or(0));
        }
        RefuseOthers(section, {"version", "epoch"});
      } else if (section.name.starts_with(kComponent)) {
        ReadTree(section);
      } else {
        AddFault(section.line, StrCat("unknown section [", Printable(section.name, 80), "]"),
                 "known are [deployment] and [component NAME]");
      }
    }
    if (file_.Find(kDeployment) == nullptr)
      AddFault(0, "there is no section [deployment]", "add it, with version = VERSION");
    if (adoption_.trees.empty())
      AddFault(0, "no component is adopted", "add [component app/NAME] with path = /FOLDER");
    if (!faults_.empty()) return FaultsToError(file_name, std::move(faults_));
    return std::move(adoption_);
  }

 private:
  using Rule = bool (*)(std::string_view value);
  static bool IsEpoch(std::string_view value) {
    auto number = ParseNumber(value);
    return number && *number <= UINT32_MAX;
  }

  void ReadTree(const IniSection& section) {
    AdoptedTree tree;
    tree.component = section.name.substr(kComponent.size());
    if (!format::IsComponent(tree.component) || !tree.component.starts_with(kApplications)) {
      AddFault(section.line, StrCat("'", Printable(tree.component, 80), "' cannot be adopted"),
               "give an application such as app/web; what is there of data and configurations is "
               "taken over by the bundle that brings their steps");
    }
    tree.path = Value(section, "path", "the absolute path of a folder", format::IsProbePath);
    tree.version = section.Find("version") == nullptr
                       ? adoption_.version
                       : Value(section, "version", "a version such as 4.1.0", format::IsVersion);
    if (const IniEntry* units = section.Find("units")) {
      tree.units = SplitList(units->value);
      for (const std::string& unit : tree.units) {
        if (!format::IsUnit(unit))
          AddFault(units->line, StrCat("'", Printable(unit, 80), "' is no unit"),
                   "give its name, or its file below path");
      }
    }
    RefuseOthers(section, {"path", "version", "units"});
    adoption_.trees.push_back(std::move(tree));
  }

  std::string Value(const IniSection& section, std::string_view key, std::string_view accepts,
                    Rule is_valid) {
    const IniEntry* entry = section.Find(key);
    if (entry != nullptr && is_valid(entry->value)) return entry->value;
    AddFault(entry == nullptr ? section.line : entry->line,
             entry == nullptr ? StrCat("'", key, "' is missing from [", section.name, "]")
                              : StrCat("'", key, " = ", Printable(entry->value, 80), "' is wrong"),
             StrCat("give ", accepts));
    return {};
  }

  void RefuseOthers(const IniSection& section, const std::vector<std::string_view>& known) {
    for (const IniEntry& entry : section.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      AddFault(entry.line,
               StrCat("unknown key '", Printable(entry.key, 80), "' in [", section.name, "]"),
               SuggestWord(entry.key, known));
    }
  }

  void AddFault(int line, std::string message, std::string remedy) {
    faults_.push_back({line, std::move(message), std::move(remedy)});
  }

  IniFile file_;
  std::vector<Fault> faults_;
  Adoption adoption_;
};

}  // namespace

Result<Adoption> Adoption::Parse(std::string_view file_name, std::string_view text) {
  return AdoptionReader(text).Read(file_name);
}

}  // namespace ignite::engine
