#include "payload-format/chunk/zstd_frame.h"

#include <zstd.h>

#include <cstdlib>

namespace ignite::format {

Bytes CompressFrame(ByteView plain) {
  Bytes frame(ZSTD_compressBound(plain.size()));
  size_t size =
      ZSTD_compress(frame.data(), frame.size(), plain.data(), plain.size(), ZSTD_defaultCLevel());
  if (ZSTD_isError(size) != 0) std::abort();  // The buffer is large enough for any input.
  frame.resize(size);
  return frame;
}

}  // namespace ignite::format
