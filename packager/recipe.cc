#include "packager/recipe.h"

#include <algorithm>
#include <map>

#include "base/file_system.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/notes.h"
#include "payload-format/manifest/health_spec.h"
#include "payload-format/manifest/places.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {
namespace {

constexpr uint64_t kMaxCounter = static_cast<uint64_t>(Json::kMaxInteger);
constexpr uint64_t kMaxEpoch = UINT32_MAX;
constexpr int64_t kMaxTimeoutMs = int64_t{24} * 3600 * 1000;

constexpr std::string_view kNameRule =
    "use up to 64 letters, digits, '.', '_' and '-', not beginning with '.' or '-'";
constexpr std::string_view kVersionRule =
    "begin with a digit and use letters, digits and . + - ~ : as in 4.2.1";
constexpr std::string_view kComponentRule = "write os, licence, app/NAME, data/NAME or config/NAME";

std::string Quoted(std::string_view word) { return ignite::Quoted(word, 80); }

/// "[payload web]" is the kind of section "payload" and the name "web".
struct SectionName {
  std::string_view word;
  std::string_view name;
};

SectionName SplitName(std::string_view section) {
  size_t space = std::min(section.find_first_of(" \t"), section.size());
  return {section.substr(0, space), TrimSpace(section.substr(space))};
}

class RecipeReader {
 public:
  RecipeReader(std::string_view text, const std::string& file, const std::string& folder)
      : ini_(ParseIni(text)), folder_(folder), faults_(ini_.faults) {
    recipe_.file = file;
  }

  Result<Recipe> Read() && {
    ReadBundle();
    for (const IniSection& section : ini_.sections) {
      auto [word, name] = SplitName(section.name);
      if (word == "payload") {
        ReadPayload(section, name);
      } else if (word == "health") {
        ReadHealth(section, name);
      } else if (section.name != "bundle") {
        AddFault(section.line, StrCat("unknown section [", Printable(section.name, 80), "]"),
                 SuggestWord(word, {"bundle", "payload", "health"}));
      }
    }
    if (recipe_.payloads.empty() && kind_is_buildable_) {
      AddFault(0, "the recipe has no payload",
               "add a section such as [payload web] with type, component, source and path");
    }
    if (!faults_.empty()) return FaultsToError(recipe_.file, std::move(faults_));
    return std::move(recipe_);
  }

 private:
  void ReadBundle() {
    const IniSection* found = ini_.Find("bundle");
    if (found == nullptr) {
      AddFault(0, "the recipe has no section [bundle]",
               "add it with kind, product, version, counter, epoch and compatible");
      return;
    }
    RecipeSection section(*found, faults_);
    section.RefuseUnknownKeys({"kind", "product", "version", "counter", "epoch", "compatible",
                               "channel", "requires", "notes"});
    format::Manifest& manifest = recipe_.manifest;
    ReadKind(section);
    manifest.product = Name(section, "product", "netprobe");
    manifest.version = Version(section, section.Required("version", "4.2.1"));
    manifest.counter = Number(section, "counter", "40201", kMaxCounter);
    manifest.epoch = static_cast<uint32_t>(Number(section, "epoch", "1", kMaxEpoch));
    manifest.compatible = Name(section, "compatible", "netprobe-x86_64");
    if (section.Has("channel")) manifest.channel = Name(section, "channel", "stable");
    ReadRequirements(section);
    if (section.Has("notes")) manifest.notes = ReadNotes(section, folder_);
  }

  void ReadKind(RecipeSection& section) {
    std::string text = section.Required("kind", "product");
    auto kind = format::ParseKind(text);
    kind_is_buildable_ = false;
    if (!kind) {
      if (text.empty()) return;
      section.Refuse("kind", StrCat("the kind ", Quoted(text), " is unknown"),
                     SuggestWord(text, format::KindNames()));
    } else if (*kind == format::Kind::kOrder) {
      section.Refuse("kind",
                     StrCat("this version of ignite-pack cannot build bundles of the kind ", text),
                     "it can build: product, service-pack, licence");
    } else {
      kind_is_buildable_ = true;
      recipe_.manifest.kind = *kind;
    }
  }

  void ReadRequirements(RecipeSection& section) {
    for (const std::string& text : section.List("requires")) {
      auto requirement = format::Requirement::Parse(text);
      if (requirement) {
        recipe_.manifest.requirements.push_back(*std::move(requirement));
      } else {
        section.Refuse("requires", StrCat(Quoted(text), " is no requirement"),
                       "write COMPONENT RELATION VERSION, such as: app/web >= 4.1");
      }
    }
  }

  void ReadPayload(const IniSection& ini, std::string_view name) {
    RecipeSection section(ini, faults_);
    PayloadRecipe payload;
    payload.name = SectionsOwnName(ini, name, "web");
    if (IsFirst(ini)) RefuseSecond(payload_names_, payload.name, ini.line, "payload");
    payload.component = section.Required("component", "app/web");
    if (!payload.component.empty() && !format::IsComponent(payload.component)) {
      section.Refuse("component", StrCat(Quoted(payload.component), " names no component"),
                     kComponentRule);
    }
    if (section.Has("version")) {
      payload.version = Version(section, section.Required("version", "4.2.1"));
    }
    ReadReads(section, payload);
    payload.type = section.Required("type", "tree");
    bool is_form =
        payload.component == format::kOperatingSystem && payload.type == format::TreeSpec::kType;
    RefuseSecond(is_form ? os_trees_ : components_, payload.component, section.LineOf("component"),
                 "component");
    RefuseOtherForm(section, payload);
    ReadOfType(section, payload);
    recipe_.payloads.push_back(std::move(payload));
  }

  /// The image and the tree of the operating system are the same release.
  void RefuseOtherForm(RecipeSection& section, const PayloadRecipe& payload) {
    if (payload.component != format::kOperatingSystem) return;
    auto version = [&](const PayloadRecipe& form) {
      return form.version.empty() ? recipe_.manifest.version : form.version;
    };
    for (const PayloadRecipe& other : recipe_.payloads) {
      if (other.component != payload.component) continue;
      if (version(other) != version(payload)) {
        section.Refuse("version",
                       StrCat("the payloads ", Quoted(other.name), " and ", Quoted(payload.name),
                              " have the operating system in the versions ", Quoted(version(other)),
                              " and ", Quoted(version(payload))),
                       "give both forms of it the same version");
      }
      if (other.reads != payload.reads) {
        section.Refuse("reads",
                       StrCat("the payloads ", Quoted(other.name), " and ", Quoted(payload.name),
                              " have the operating system, and read different data"),
                       "give both forms of it the same 'reads', in the same order");
      }
    }
  }

  void ReadReads(RecipeSection& section, PayloadRecipe& payload) {
    payload.reads_line = section.LineOf("reads");
    if (section.Has("reads") && format::IsDataComponent(payload.component))
      section.Refuse("reads", "data reads no other data", "say it of the application");
    for (const std::string& text : section.List("reads")) {
      auto range = format::DataRange::Parse(text);
      if (!range) {
        section.Refuse("reads", StrCat(Quoted(text), " is no range of versions of data"),
                       "write data/NAME and a version or the lowest and the highest, such as: "
                       "data/main 17..20");
        continue;
      }
      bool known = std::any_of(payload.reads.begin(), payload.reads.end(), [&](const auto& other) {
        return other.component == range->component;
      });
      if (known) {
        section.Refuse("reads", StrCat(Quoted(range->component), " stands there twice"),
                       "give one range for it");
      }
      payload.reads.push_back(*std::move(range));
    }
  }

  void ReadOfType(RecipeSection& section, PayloadRecipe& payload) {
    const PayloadType* type = FindPayloadType(payload.type);
    if (type == nullptr) {
      std::vector<std::string_view> known;
      for (const PayloadType& row : PayloadTypes()) known.push_back(row.name);
      if (payload.type.empty()) return;
      section.Refuse(
          "type",
          StrCat("this version of ignite-pack knows no payload type ", Quoted(payload.type)),
          SuggestWord(payload.type, known));
      return;
    }
    std::vector<std::string_view> keys = {"type", "component", "version", "reads"};
    keys.insert(keys.end(), type->keys.begin(), type->keys.end());
    section.RefuseUnknownKeys(keys);
    if (kind_is_buildable_ && !type->belongs_to(recipe_.manifest.kind))
      RefuseType(section, payload.type);
    payload.input = type->read(section, folder_);
    for (const auto& place : payload.input->Places()) {
      auto other = places_.Take({place.path, payload.name});
      if (!other) continue;
      AddFault(place.line,
               StrCat(Quoted(place.path), " and ", Quoted(other->path), " of ",
                      Quoted(other->owner), " are in each other's way"),
               "give each a place of its own");
    }
  }

  void RefuseType(RecipeSection& section, std::string_view name) {
    std::string allowed;
    for (const PayloadType& row : PayloadTypes()) {
      if (row.belongs_to(recipe_.manifest.kind))
        allowed += StrCat(allowed.empty() ? "" : ", ", row.name);
    }
    section.Refuse("type",
                   StrCat("payloads of the type ", name, " do not belong to the kind ",
                          format::KindName(recipe_.manifest.kind)),
                   StrCat("such a bundle takes: ", allowed));
  }

  void ReadHealth(const IniSection& ini, std::string_view name) {
    RecipeSection section(ini, faults_);
    format::HealthCheckInfo check;
    check.name = SectionsOwnName(ini, name, "web");
    if (IsFirst(ini)) RefuseSecond(check_names_, check.name, ini.line, "health check");
    ReadTimeout(section, check);
    check.type = section.Required("type", "http");
    if (const format::HealthType* type = format::FindHealthType(check.type)) {
      section.RefuseUnknownKeys({"type", "timeout", type->parameter});
      std::string value = ReadParameter(section, *type);
      if (!value.empty() && !type->is_valid(value)) {
        section.Refuse(type->parameter, StrCat("'", type->parameter, "' is wrong: ", Quoted(value)),
                       StrCat("write ", type->explanation));
      }
      check.spec.Set(std::string(type->parameter), value);
    } else if (!check.type.empty()) {
      std::vector<std::string_view> known;
      for (const format::HealthType& row : format::HealthTypes()) known.push_back(row.name);
      section.Refuse(
          "type",
          StrCat("this version of ignite-pack knows no health check of type ", Quoted(check.type)),
          SuggestWord(check.type, known));
    }
    recipe_.manifest.health.push_back(std::move(check));
  }

  /// In an address and a port a semicolon means nothing, so a comment may follow.
  static std::string ReadParameter(RecipeSection& section, const format::HealthType& type) {
    if (type.parameter == "address") return section.Required(type.parameter, type.explanation);
    return section.RequiredWhole(type.parameter, type.explanation);
  }

  void ReadTimeout(RecipeSection& section, format::HealthCheckInfo& check) {
    if (!section.Has("timeout")) return;
    std::string text = section.Required("timeout", "30s");
    auto duration = ParseDuration(text);
    if (duration && *duration > 0 && *duration <= kMaxTimeoutMs) {
      check.timeout_ms = *duration;
    } else if (!text.empty()) {
      section.Refuse("timeout", StrCat(Quoted(text), " is no possible timeout"),
                     "write a time above 0 and up to 24h, such as 500ms, 30s or 5m");
    }
  }

  std::string Name(RecipeSection& section, std::string_view key, std::string_view example) {
    std::string name = section.Required(key, example);
    if (!name.empty() && !format::IsName(name)) {
      section.Refuse(key, StrCat(key, " ", Quoted(name), " is no name"), kNameRule);
    }
    return name;
  }

  std::string Version(RecipeSection& section, std::string version) {
    if (!version.empty() && !format::IsVersion(version)) {
      section.Refuse("version", StrCat(Quoted(version), " is no version"), kVersionRule);
    }
    return version;
  }

  uint64_t Number(RecipeSection& section, std::string_view key, std::string_view example,
                  uint64_t maximum) {
    std::string text = section.Required(key, example);
    auto number = ParseNumber(text);
    if (number && *number <= maximum) return *number;
    if (!text.empty()) {
      section.Refuse(key, StrCat(key, " ", Quoted(text), " is not possible"),
                     StrCat("write a whole number from 0 to ", maximum));
    }
    return 0;
  }

  std::string SectionsOwnName(const IniSection& ini, std::string_view name,
                              std::string_view example) {
    std::string_view word = SplitName(ini.name).word;
    if (name.empty()) {
      AddFault(ini.line, StrCat("the section [", word, "] has no name"),
               StrCat("write it as [", word, " ", example, "]"));
    } else if (!format::IsName(name)) {
      AddFault(ini.line, StrCat(Quoted(name), " is no name"), kNameRule);
    }
    return std::string(name);
  }

  using FirstLines = std::map<std::string, int>;

  void RefuseSecond(FirstLines& first_lines, const std::string& value, int line,
                    std::string_view what) {
    if (value.empty()) return;
    auto [first, is_new] = first_lines.emplace(value, line);
    if (is_new) return;
    AddFault(
        line,
        StrCat("the ", what, " ", Quoted(value), " is used twice, first on line ", first->second),
        "give each its own");
  }

  /// ParseIni has already found the second of two sections that are written alike.
  bool IsFirst(const IniSection& section) const { return ini_.Find(section.name) == &section; }

  void AddFault(int line, std::string message, std::string_view remedy) {
    faults_.push_back({line, std::move(message), std::string(remedy)});
  }

  IniFile ini_;
  const std::string& folder_;
  std::vector<Fault> faults_;
  Recipe recipe_;
  bool kind_is_buildable_ = true;
  FirstLines payload_names_;
  FirstLines components_;
  FirstLines os_trees_;  ///< The one form of a component that may come beside another.
  format::TakenPlaces places_;
  FirstLines check_names_;
};

}  // namespace

Result<Recipe> ReadRecipe(const std::string& path) {
  auto text = MakePosixFileSystem()->ReadFile(path, kMaxRecipeSize);
  if (!text) {
    return Error{ErrorCode::kInvalidArgument, std::move(text).error().cause,
                 "give the path of a recipe"};
  }
  return ParseRecipe(*text, path, ParentOf(path));
}

Result<Recipe> ParseRecipe(std::string_view text, const std::string& file,
                           const std::string& folder) {
  return RecipeReader(text, file, folder).Read();
}

}  // namespace ignite::packager
