// agent.ini, and INI files as such.

#include "agent/engine/settings.h"

#include <algorithm>

#include "base/ini.h"
#include "payload-format/manifest/version.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

void PromiseLines(const IniFile& file, int lines) {
  int last = 0;
  for (const IniSection& section : file.sections) {
    Promise(section.line > last && section.line <= lines, "sections have rising lines");
    last = section.line;
    for (const IniEntry& entry : section.entries) {
      Promise(entry.line > last && entry.line <= lines, "entries have rising lines");
      last = entry.line;
      Promise(TrimSpace(entry.key) == entry.key, "a key is trimmed");
    }
  }
  for (const Fault& fault : file.faults) {
    Promise(fault.line > 0 && fault.line <= lines && !fault.message.empty(),
            "a fault says where and what");
  }
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n'; });
}

const Target kSettings{
    "settings", [](ByteView input) {
      std::string_view text = AsText(input);
      PromiseLines(ParseIni(text),
                   static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1);
      auto settings = engine::Settings::Parse(text);
      PromiseGoodError(settings);
      if (!settings) {
        Promise(settings.error().code == ErrorCode::kInvalidArgument, "a setting is wrong");
        Promise(IsPrintable(settings.error().cause), "a fault steers no terminal");
        return;
      }
      Promise(format::IsName(settings->product) && format::IsName(settings->compatible),
              "a probe knows what it is");
      Promise(settings->trial.count() >= 0 && settings->threads <= 256 &&
                  settings->keep_deployments >= 2 && settings->keep_deployments <= 1000,
              "numbers are within their limits");
      Promise(settings->services != engine::ServicesBackend::kCommand ||
                  settings->services_command.starts_with('/'),
              "a command is an absolute path");
      Promise(settings->boot != engine::BootBackend::kCommand ||
                  settings->boot_command.starts_with('/'),
              "a boot program is an absolute path");
      for (const engine::SlotPlace& place : settings->slots) {
        Promise(settings->boot == engine::BootBackend::kNone ||
                    place.device.empty() != place.path.empty(),
                "a slot that is booted is at one place");
      }
    }};

}  // namespace
}  // namespace ignite::fuzz
