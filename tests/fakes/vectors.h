// Reads the test kit of tests/vectors.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/bytes.h"

namespace ignite::fakes {

/// The folder tests/vectors.
std::filesystem::path Kit();

/// Lines of "name: hex", '#' begins a comment. `path` is relative to tests/vectors. Throws where it
/// cannot be read.
std::map<std::string, Bytes> ReadVectors(const std::string& path);

/// A file of bundles/ or keyrings/; tests/vectors/README.md says what stands in its head.
struct Vector {
  std::string name;
  std::map<std::string, std::string> head;
  std::string body;

  /// Empty where the head lacks the key.
  std::string At(const std::string& key) const;
};
Vector ReadVector(const std::filesystem::path& file);
/// The bundle that the body of a vector is compressed from.
Bytes UnpackedBundle(const Vector& vector);

/// All bytes of a file; empty where it cannot be read.
std::string ReadText(const std::filesystem::path& path);

}  // namespace ignite::fakes
