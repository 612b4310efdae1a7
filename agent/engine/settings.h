// agent.ini: what a probe is and what it may do by itself. Read at every start and never written.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "agent/engine/boot.h"
#include "agent/engine/maintenance_window.h"
#include "agent/engine/slot_file.h"
#include "base/result.h"

namespace ignite::engine {

enum class ServicesBackend : uint8_t { kNone, kCommand, kSystemd };
/// When a probe whose new operating system is ready reboots by itself.
enum class RebootPolicy : uint8_t {
  kManual,  ///< Never.
  kInWindow,
  kAtOnce,
};
enum class BootBackend : uint8_t { kNone, kGrub, kContainer, kCommand };

/// Where a slot is: one of the two, and neither where this probe has no slots.
struct SlotPlace {
  std::string device;  ///< A block device of the host.
  std::string path;    ///< A folder, a probe path.
};

/// What is done where migrations cannot be tried on a copy of the data.
enum class Rehearse : uint8_t {
  kOff,        ///< They are not tried.
  kPreferred,  ///< Without the space for a copy they go on untried.
  kRequired,
};
/// What is done where someone changed the schema of a database by hand.
enum class Drift : uint8_t { kRefused, kAccepted };
/// When an upload is staged.
enum class StageUploads : uint8_t {
  kComplete,  ///< Once it is whole.
  kEarly,     ///< While it comes in, where that touches nothing but a new release.
};

/// Whether `deadline` of [boot] may be so long.
constexpr bool IsBootDeadline(std::chrono::milliseconds deadline) {
  return deadline >= std::chrono::seconds(1) &&
         deadline <= std::chrono::seconds(kMaxDeadlineSeconds);
}

struct Settings {
  std::string product;
  std::string compatible;
  std::string channel;

  bool auto_apply = true;
  std::chrono::milliseconds trial{60'000};
  std::optional<MaintenanceWindow> window;  ///< nullopt: at any time.
  int64_t keep_deployments = 3;
  unsigned threads = 0;  ///< 0: all cores.
  bool allow_unencrypted = false;
  Rehearse rehearse = Rehearse::kPreferred;
  Drift drift = Drift::kRefused;
  StageUploads stage = StageUploads::kComplete;
  std::string report_recipient;  ///< A public key that reports are sealed for; empty: they are not.

  ServicesBackend services = ServicesBackend::kNone;
  std::string services_command;  ///< For kCommand: a program of the host.

  BootBackend boot = BootBackend::kNone;
  RebootPolicy reboot = RebootPolicy::kManual;
  std::string boot_command;                        ///< For kCommand: a program of the host.
  std::string grubenv = "/boot/efi/grub/grubenv";  ///< For kGrub: a probe path.
  /// For kGrub and kContainer: a trial that nobody marked good by then is rebooted.
  std::chrono::milliseconds boot_deadline = std::chrono::minutes(30);

  const SlotPlace& PlaceOf(Slot slot) const { return slots[static_cast<size_t>(slot)]; }
  std::array<SlotPlace, 2> slots;

  /// kInvalidArgument with every fault of the file, each with its line.
  static Result<Settings> Parse(std::string_view text);
};

}  // namespace ignite::engine
