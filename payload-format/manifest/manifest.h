// The signed description of a bundle, as typed values. SPEC.md section 8.
//
// Parse is strict: what it does not know it refuses. The content of `spec` belongs to the payload
// or check type and is parsed, as strictly, by the code that knows that type.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "payload-format/manifest/data_range.h"
#include "payload-format/manifest/kind.h"
#include "payload-format/manifest/version.h"

namespace ignite::format {

/// One run of plain bytes, cut into chunks that no other stream shares.
struct StreamInfo {
  uint64_t size = 0;
  Sha256Digest digest;  ///< SHA-256 over the SHA-256 digests of its plain chunks, in order.

  uint64_t ChunkCount(uint32_t chunk_size) const {
    return size / chunk_size + (size % chunk_size == 0 ? 0 : 1);
  }
};

struct PayloadInfo {
  std::string name;
  std::string type;
  std::string component;
  std::string version;
  Json spec = Json::EmptyObject();
  std::vector<StreamInfo> streams;
  std::vector<DataRange> reads = {};  ///< The data that it needs on the probe.
};

struct HealthCheckInfo {
  std::string name;
  std::string type;
  int64_t timeout_ms = 30'000;
  Json spec = Json::EmptyObject();
};

struct Note {
  std::string language;  ///< "en", "fr"
  std::string text;
};

struct Manifest {
  Kind kind = Kind::kProduct;
  std::string product;
  std::string version;
  uint64_t counter = 0;
  uint32_t epoch = 0;
  std::string compatible;
  std::string channel;  ///< May be empty.
  std::vector<Requirement> requirements;
  std::vector<Note> notes;
  std::vector<PayloadInfo> payloads;
  std::vector<HealthCheckInfo> health;

  /// Whether it comes in two forms, of which a probe takes one.
  bool HasForms(std::string_view component) const;

  std::string Serialize() const;
  /// kCorrupt where it is not a manifest of this format, or where its streams do not have
  /// `chunk_count` chunks.
  static Result<Manifest> Parse(std::string_view json, uint32_t chunk_size, uint64_t chunk_count);
};

}  // namespace ignite::format
