// Writing a file so that its zero bytes take no room on the disk.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ignite {

/// Writes `bytes` at `offset`, where the file must end. Of a file that is written from front to
/// back by such calls every block of 4096 zero bytes becomes a hole, wherever one call ends and the
/// next begins. `what` is for errors.
Result<> WriteWithHoles(int fd, uint64_t offset, ByteView bytes, std::string_view what);

}  // namespace ignite
