#include "agent/engine/settings.h"

#include <algorithm>
#include <vector>

#include "agent/engine/slot_file.h"
#include "base/ini.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/manifest/version.h"

namespace ignite::engine {
namespace {

constexpr uint64_t kMaxThreads = 256;
constexpr uint64_t kMinKept = 2;
constexpr uint64_t kMaxKept = 1000;

/// What a setting accepts, for error messages, and how it is stored; false where the value is not
/// accepted.
struct Setting {
  std::string_view section;
  std::string_view key;
  std::string_view accepts;
  bool (*store)(Settings& settings, const std::string& value);
};

bool StoreFlag(bool& flag, std::string_view value) {
  flag = value == "yes";
  return value == "yes" || value == "no";
}

bool StoreAbsolutePath(std::string& path, const std::string& value) {
  path = value;
  return value.starts_with('/');
}

bool StoreName(std::string& name, const std::string& value) {
  name = value;
  return format::IsName(value);
}

const std::vector<Setting>& AllSettings() {
  static const std::vector<Setting> kSettings = {
      {"probe", "product", "a name",
       [](Settings& s, const std::string& v) { return StoreName(s.product, v); }},
      {"probe", "compatible", "a name",
       [](Settings& s, const std::string& v) { return StoreName(s.compatible, v); }},
      {"probe", "channel", "a name",
       [](Settings& s, const std::string& v) { return StoreName(s.channel, v); }},
      {"policy", "auto-apply", "yes or no",
       [](Settings& s, const std::string& v) { return StoreFlag(s.auto_apply, v); }},
      {"policy", "trial", "a duration such as 60s or 5m",
       [](Settings& s, const std::string& v) {
         auto duration = ParseDuration(v);
         s.trial = std::chrono::milliseconds(duration.value_or(0));
         return duration.has_value();
       }},
      {"policy", "keep-deployments", "a number from 2 to 1000",
       [](Settings& s, const std::string& v) {
         auto number = ParseNumber(v);
         s.keep_deployments = static_cast<int64_t>(number.value_or(0));
         return number && *number >= kMinKept && *number <= kMaxKept;
       }},
      {"policy", "threads", "a number from 0 (all cores) to 256",
       [](Settings& s, const std::string& v) {
         auto number = ParseNumber(v);
         s.threads = static_cast<unsigned>(number.value_or(0));
         return number && *number <= kMaxThreads;
       }},
      {"policy", "allow-unencrypted", "yes or no",
       [](Settings& s, const std::string& v) { return StoreFlag(s.allow_unencrypted, v); }},
      {"policy", "reboot", "manual, window or now",
       [](Settings& s, const std::string& v) {
         s.reboot = v == "now"      ? RebootPolicy::kAtOnce
                    : v == "window" ? RebootPolicy::kInWindow
                                    : RebootPolicy::kManual;
         return v == "manual" || s.reboot != RebootPolicy::kManual;
       }},
      {"policy", "window", "two times of day such as 02:00-04:00, or nothing",
       [](Settings& s, const std::string& v) {
         s.window = MaintenanceWindow::Parse(v);
         return s.window || v.empty();
       }},
      {"policy", "rehearse", "require, prefer or off",
       [](Settings& s, const std::string& v) {
         s.rehearse = v == "require"  ? Rehearse::kRequired
                      : v == "prefer" ? Rehearse::kPreferred
                                      : Rehearse::kOff;
         return v == "require" || v == "prefer" || v == "off";
       }},
      {"policy", "drift", "refuse or accept",
       [](Settings& s, const std::string& v) {
         s.drift = v == "accept" ? Drift::kAccepted : Drift::kRefused;
         return v == "accept" || v == "refuse";
       }},
      {"policy", "stage", "complete or early",
       [](Settings& s, const std::string& v) {
         s.stage = v == "early" ? StageUploads::kEarly : StageUploads::kComplete;
         return v == "early" || v == "complete";
       }},
      {"policy", "report-recipient", "the absolute path of a public key",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.report_recipient, v); }},
      {"policy", "allow-ftp-rollback", "no (yes comes with a later version)",
       [](Settings&, const std::string& v) { return v == "no"; }},
      {"boot", "backend", "none, grub, container or command",
       [](Settings& s, const std::string& v) {
         s.boot = v == "grub"        ? BootBackend::kGrub
                  : v == "container" ? BootBackend::kContainer
                  : v == "command"   ? BootBackend::kCommand
                                     : BootBackend::kNone;
         return v == "none" || s.boot != BootBackend::kNone;
       }},
      {"boot", "command", "the absolute path of a program",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.boot_command, v); }},
      {"boot", "grubenv", "an absolute path",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.grubenv, v); }},
      {"boot", "deadline", "a duration from 1s to 168h such as 30m",
       [](Settings& s, const std::string& v) {
         s.boot_deadline = std::chrono::milliseconds(ParseDuration(v).value_or(0));
         return IsBootDeadline(s.boot_deadline);
       }},
      {"slot a", "device", "an absolute path",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.slots[0].device, v); }},
      {"slot a", "path", "an absolute path",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.slots[0].path, v); }},
      {"slot b", "device", "an absolute path",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.slots[1].device, v); }},
      {"slot b", "path", "an absolute path",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.slots[1].path, v); }},
      {"services", "backend", "systemd, command or none",
       [](Settings& s, const std::string& v) {
         s.services = v == "systemd"   ? ServicesBackend::kSystemd
                      : v == "command" ? ServicesBackend::kCommand
                                       : ServicesBackend::kNone;
         return v == "systemd" || v == "command" || v == "none";
       }},
      {"services", "command", "the absolute path of a program",
       [](Settings& s, const std::string& v) { return StoreAbsolutePath(s.services_command, v); }},
  };
  return kSettings;
}

std::vector<std::string_view> KnownSections() {
  std::vector<std::string_view> sections;
  for (const Setting& setting : AllSettings()) {
    if (sections.empty() || sections.back() != setting.section) sections.push_back(setting.section);
  }
  return sections;
}

void StoreEntry(const IniSection& section, const IniEntry& entry, Settings& settings,
                std::vector<Fault>& faults) {
  std::vector<std::string_view> keys;
  for (const Setting& setting : AllSettings()) {
    if (setting.section != section.name) continue;
    keys.push_back(setting.key);
    if (setting.key != entry.key) continue;
    if (!setting.store(settings, entry.value)) {
      faults.push_back(
          {entry.line,
           StrCat("'", entry.key, " = ", Printable(entry.value, 80), "' is not accepted"),
           StrCat("give ", setting.accepts)});
    }
    return;
  }
  faults.push_back({entry.line,
                    StrCat("unknown key '", Printable(entry.key, 80), "' in [", section.name, "]"),
                    SuggestWord(entry.key, keys)});
}

/// A back end with slots needs both, each at one place and of the kind that it boots.
void CheckSlots(const IniFile& file, Settings& settings, std::vector<Fault>& faults) {
  if (settings.boot == BootBackend::kNone) return;
  for (Slot slot : {Slot::kA, Slot::kB}) {
    SlotPlace& place = settings.slots[static_cast<size_t>(slot)];
    std::string name = StrCat("slot ", SlotName(slot));
    const IniSection* section = file.Find(name);
    int line = section == nullptr ? file.Find("boot")->line : section->line;
    if (settings.boot == BootBackend::kContainer) {
      std::string fixed = StrCat(kSlotsFolder, "/", SlotName(slot));
      bool is_elsewhere = !place.device.empty() || (!place.path.empty() && place.path != fixed);
      if (is_elsewhere) {
        faults.push_back({line, StrCat("ignite-init enters [", name, "] at ", fixed, " only"),
                          StrCat("give path = ", fixed, ", or leave the section out")});
      }
      place.path = fixed;
    } else if (settings.boot == BootBackend::kGrub &&
               (place.device.empty() || !place.path.empty())) {
      faults.push_back({line, StrCat("backend = grub needs a device for [", name, "]"),
                        StrCat("give [", name, "] a device = /dev/... and no path")});
    } else if (place.device.empty() == place.path.empty()) {
      faults.push_back({line, StrCat("[", name, "] needs one place"),
                        StrCat("give [", name, "] either a device = or a path =")});
    }
  }
}

}  // namespace

Result<Settings> Settings::Parse(std::string_view text) {
  IniFile file = ParseIni(text);
  std::vector<Fault> faults = std::move(file.faults);
  Settings settings;
  std::vector<std::string_view> sections = KnownSections();
  for (const IniSection& section : file.sections) {
    if (std::find(sections.begin(), sections.end(), section.name) == sections.end()) {
      faults.push_back({section.line, StrCat("unknown section [", Printable(section.name, 80), "]"),
                        SuggestWord(section.name, sections)});
      continue;
    }
    for (const IniEntry& entry : section.entries) StoreEntry(section, entry, settings, faults);
  }
  const IniSection* probe = file.Find("probe");
  for (std::string_view key : {"product", "compatible"}) {
    if (probe == nullptr || probe->Find(key) == nullptr) {
      faults.push_back({probe == nullptr ? 0 : probe->line,
                        StrCat("'", key, "' is missing from [probe]"),
                        StrCat("add ", key, " = NAME")});
    }
  }
  if (settings.services == ServicesBackend::kCommand && settings.services_command.empty()) {
    faults.push_back({file.Find("services")->line, "backend = command needs 'command'",
                      "add command = /path/to/program"});
  }
  if (settings.boot == BootBackend::kCommand && settings.boot_command.empty()) {
    faults.push_back({file.Find("boot")->line, "backend = command needs 'command'",
                      "add command = /path/to/program"});
  }
  CheckSlots(file, settings, faults);
  if (!faults.empty()) return FaultsToError("agent.ini", std::move(faults));
  return settings;
}

}  // namespace ignite::engine
