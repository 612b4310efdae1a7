#include "tests/fakes/vectors.h"

#include <fstream>
#include <stdexcept>

namespace ignite::fakes {

std::map<std::string, Bytes> ReadVectors(const std::string& path) {
  std::ifstream file(std::string(IGNITE_SOURCE_DIR) + "/tests/vectors/" + path);
  std::map<std::string, Bytes> vectors;
  for (std::string line; std::getline(file, line);) {
    size_t colon = line.find(':');
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    auto bytes = FromHex(std::string_view(line).substr(value));
    if (!bytes) throw std::runtime_error("no hexadecimal: " + line);
    vectors[line.substr(0, colon)] = *std::move(bytes);
  }
  if (vectors.empty()) throw std::runtime_error("no vectors in " + path);
  return vectors;
}

}  // namespace ignite::fakes
