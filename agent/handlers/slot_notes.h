// What the two slots hold: /var/lib/ignite/slots.json, which both operating systems share.
//
// A slot holds a release, what it had before ignite came, or nothing that could be started: it is
// being written, or nobody knows of it, as where the file is damaged.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "agent/engine/boot.h"
#include "agent/engine/probe_paths.h"
#include "base/file_system.h"

namespace ignite::handlers {

class SlotNotes {
 public:
  /// What a slot holds that no bundle has filled.
  static constexpr std::string_view kFromBefore = "from before";

  SlotNotes(FileSystem& files, const engine::ProbePaths& paths) : files_(files), paths_(paths) {}

  /// The slot with a release, or with kFromBefore. On a probe without notes the running slot is
  /// from before.
  Result<std::optional<engine::Slot>> Find(std::string_view held, engine::Slot booted) const;
  /// Durable. Nothing, before the first byte is written; a release, after the last one.
  Result<> Set(engine::Slot slot, std::string_view held, engine::Slot booted);

 private:
  using Held = std::array<std::string, 2>;
  Result<Held> Read(engine::Slot booted) const;

  FileSystem& files_;
  const engine::ProbePaths& paths_;
};

}  // namespace ignite::handlers
