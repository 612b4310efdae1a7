// Binary values as text for other programs.
#pragma once

#include <string>

#include "base/bytes.h"

namespace ignite {

/// RFC 4648, section 4, in one line.
std::string ToBase64(ByteView bytes);

}  // namespace ignite
