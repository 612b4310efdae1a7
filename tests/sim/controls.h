// Negative controls: fakes with one safety taken out, each of which the simulation must find. They
// live in the tests; the product has no switch.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "agent/engine/handler.h"

namespace ignite::sim {

enum class Control : uint8_t {
  kNone,
  kNoSyncOfFileSystem,
  kNoSyncOfFolder,
  kNoSyncOfDatabase,
  kNoSyncOfDatabaseJournal,
  kNoSyncOfDatabaseFolder,
  kUnitsNotStopped,
  kUnitsStartedTooSoon,
  kUnitsNotPublished,
  kHealthAlwaysGood,
  kActivateDoesNothing,
  kUndoDoesNothing,
  kDiscardDoesNothing,
  kStagingNotFinished,
  kNoTrialOfSystem,
  kSystemNotKept,
  kSystemNotLeft,
  kStepsNotJournaled,
  kActivationNotJournaled,
};

struct NamedControl {
  Control control;
  std::string_view name;
};

inline constexpr std::array kControls = {
    NamedControl{Control::kNoSyncOfFileSystem, "no-sync-of-file-system"},
    NamedControl{Control::kNoSyncOfFolder, "no-sync-of-folder"},
    NamedControl{Control::kNoSyncOfDatabase, "no-sync-of-database"},
    NamedControl{Control::kNoSyncOfDatabaseJournal, "no-sync-of-database-journal"},
    NamedControl{Control::kNoSyncOfDatabaseFolder, "no-sync-of-database-folder"},
    NamedControl{Control::kUnitsNotStopped, "units-not-stopped"},
    NamedControl{Control::kUnitsStartedTooSoon, "units-started-too-soon"},
    NamedControl{Control::kUnitsNotPublished, "units-not-published"},
    NamedControl{Control::kHealthAlwaysGood, "health-always-good"},
    NamedControl{Control::kActivateDoesNothing, "activate-does-nothing"},
    NamedControl{Control::kUndoDoesNothing, "undo-does-nothing"},
    NamedControl{Control::kDiscardDoesNothing, "discard-does-nothing"},
    NamedControl{Control::kStagingNotFinished, "staging-not-finished"},
    NamedControl{Control::kNoTrialOfSystem, "no-trial-of-system"},
    NamedControl{Control::kSystemNotKept, "system-not-kept"},
    NamedControl{Control::kSystemNotLeft, "system-not-left"},
    NamedControl{Control::kStepsNotJournaled, "steps-not-journaled"},
    NamedControl{Control::kActivationNotJournaled, "activation-not-journaled"},
};

/// From now on every journal that is opened loses what the control says, which its writer does not
/// notice.
void LoseInJournal(Control control);

/// Hands everything on to the real handlers, but for what the control takes out.
class WeakHandlers : public engine::HandlerTable {
 public:
  WeakHandlers(engine::HandlerTable& real, Control control) : real_(real), control_(control) {}
  engine::Handler* Find(std::string_view type, std::string_view component) override;

 private:
  engine::HandlerTable& real_;
  Control control_;
  std::map<engine::Handler*, std::unique_ptr<engine::Handler>> weak_;
};

}  // namespace ignite::sim
