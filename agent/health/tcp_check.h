// One TCP connection that the other side accepts.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace ignite::health {

/// `address` is HOST:PORT.
Result<> CheckTcp(const std::string& address, std::chrono::milliseconds limit);

}  // namespace ignite::health
