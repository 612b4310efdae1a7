#include "tests/fakes/vectors.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "payload-format/chunk/chunk_codec.h"
#include "tests/fakes/must.h"

namespace ignite::fakes {

std::filesystem::path Kit() { return std::string(IGNITE_SOURCE_DIR) + "/tests/vectors"; }

std::map<std::string, Bytes> ReadVectors(const std::string& path) {
  std::ifstream file(Kit() / path);
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

std::string Vector::At(const std::string& key) const {
  auto found = head.find(key);
  return found == head.end() ? "" : found->second;
}

Vector ReadVector(const std::filesystem::path& file) {
  std::string text = ReadText(file);
  size_t end = text.find("\n\n");
  if (end == std::string::npos) throw std::runtime_error("no vector: " + file.string());
  Vector vector{file.filename(), {}, text.substr(end + 2)};
  std::istringstream lines(text.substr(0, end));
  for (std::string line; std::getline(lines, line);) {
    size_t colon = line.find(": ");
    vector.head[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return vector;
}

Bytes UnpackedBundle(const Vector& vector) {
  // It is compressed as the chunks of a plain bundle are.
  format::ChunkCodec codec(format::Header(), std::nullopt, 0);
  return Must(codec.Decode(AsBytes(vector.body), 0, true, std::stoul(vector.At("size"))));
}

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace ignite::fakes
