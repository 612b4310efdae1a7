// What a probe keeps of the release notes of a bundle, to show what runs to whoever stands before
// it.
#pragma once

#include <vector>

#include "payload-format/manifest/manifest.h"

namespace ignite::engine {

/// At most so many bytes of each.
inline constexpr size_t kMaxNote = 16 * 1024;

/// Those in the languages that the outbox speaks. A long one ends with a whole line and "[...]".
std::vector<format::Note> NotesToKeep(const format::Manifest& manifest);

}  // namespace ignite::engine
