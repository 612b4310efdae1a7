// A damaged bundle, and the question whether it is one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "tests/mutants/originals.h"

namespace ignite::mutants {

/// Gigabytes of zeros in front of one byte of a file, which nobody has to store.
struct Hole {
  size_t at = 0;
  uint64_t zeros = 0;
};

struct Mutant {
  std::string damage;  ///< What was done, for the report.
  Bytes bytes;
  Hole hole;
};

/// The mutant as a reader gets it.
std::unique_ptr<InputFile> OpenMutant(const Mutant& mutant);
/// Keeps it for whoever looks into a failure.
void WriteMutant(const Mutant& mutant, const std::string& path);

/// Whether all that counts is as in this original, so that a reader must accept it: every byte but
/// those of SIGNATURES, and there the set of the entries by known keys (SPEC sections 5 and 11).
bool CountsTheSame(const Mutant& mutant, const Original& original,
                   const std::set<format::KeyId>& known_keys);

}  // namespace ignite::mutants
