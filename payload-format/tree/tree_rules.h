// What a payload type demands of the entries of its tree, beyond the rules of every file table.
#pragma once

#include <optional>
#include <string>

#include "payload-format/tree/table.h"

namespace ignite::format {

class TreeRules {
 public:
  virtual ~TreeRules() = default;
  /// How many the table must have.
  virtual uint64_t EntryCount() const = 0;
  /// Why `entry`, the next of the table, may not be there; nullopt where it may.
  virtual std::optional<std::string> Objection(const TreeEntry& entry) = 0;
  /// Behind the last entry: what the table lacks.
  virtual std::optional<std::string> Missing() const { return std::nullopt; }
};

}  // namespace ignite::format
