// Reads a file of test vectors: lines of "name: hex", '#' begins a comment.
#pragma once

#include <map>
#include <string>

#include "base/bytes.h"

namespace ignite::fakes {

/// `path` is relative to tests/vectors. Throws where it cannot be read.
std::map<std::string, Bytes> ReadVectors(const std::string& path);

}  // namespace ignite::fakes
