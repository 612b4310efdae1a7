// One file as one zstd frame, for other programs to read: nothing of a bundle.
#pragma once

#include "base/bytes.h"

namespace ignite::format {

/// As `zstd` would write it.
Bytes CompressFrame(ByteView plain);

}  // namespace ignite::format
