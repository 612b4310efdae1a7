// Which slot a container enters. Decided before anything of a slot runs, from the file of
// engine/slot_file.h.
#pragma once

#include <string>

#include "agent/engine/slot_file.h"
#include "base/file_system.h"

namespace ignite::init {

struct Entry {
  engine::Slot slot = engine::Slot::kA;
  bool on_trial = false;
  uint32_t deadline_seconds = 0;  ///< Of the trial.
  std::string complaint = {};     ///< What was wrong on the way; empty where nothing was.
};

/// Counts a trial down before it gives its slot, durably; where it cannot, it gives the good slot.
/// Slot a where the file is missing or damaged.
Entry ChooseEntry(FileSystem& files, const std::string& slot_file);

/// Ends the trial of a slot that cannot be entered. An Error leaves the tries that are left.
Result<> GiveUpTrial(FileSystem& files, const std::string& slot_file);

}  // namespace ignite::init
