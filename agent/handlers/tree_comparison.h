// Compares a release on disk with its file table: the answer of `ignite verify`.
#pragma once

#include <string>
#include <vector>

#include "agent/engine/handler.h"
#include "agent/handlers/accounts.h"
#include "base/file_system.h"

namespace ignite::handlers {

/// One line for each difference in presence, type, content, mode, owner, time, link and
/// capabilities; the first kMaxDifferences of them. Empty where the release is what its bundle
/// brought.
inline constexpr size_t kMaxDifferences = 100;
enum class CompareWhat : uint8_t {
  kEverything,
  kDamage,    ///< Without times and without what was added: applications write beside their files.
  kPresence,  ///< Cheap: whether every entry is there and of its type.
};
/// What a handler that was asked so looks for.
constexpr CompareWhat WhatOf(engine::Handler::Compare compare) {
  return compare == engine::Handler::Compare::kEverything ? CompareWhat::kEverything
                                                          : CompareWhat::kDamage;
}
Result<std::vector<std::string>> CompareTree(FileSystem& files, const Accounts& accounts,
                                             const std::string& release, const std::string& table,
                                             CompareWhat what);

}  // namespace ignite::handlers
