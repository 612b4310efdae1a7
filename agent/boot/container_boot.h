// The back end for containers that ignite-init begins.
#pragma once

#include <chrono>
#include <string>

#include "agent/boot/loader_boot.h"
#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::boot {

class ContainerBoot : public LoaderBoot {
 public:
  /// A trial that nobody marks good within `deadline` is rebooted.
  ContainerBoot(const engine::ProbePaths& paths, std::chrono::milliseconds deadline,
                FileSystem& files);

  Result<engine::Slot> Booted() override;

 private:
  /// Empty where there is none yet.
  Result<std::string> ReadFile();
  Result<engine::SlotChoice> Read() override;
  Result<> Write(const engine::SlotChoice& choice) override;

  std::string state_;
  std::string entered_;
  uint32_t deadline_seconds_;
  FileSystem& files_;
};

}  // namespace ignite::boot
