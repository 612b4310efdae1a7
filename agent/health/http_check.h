// One HTTP request, answered with a status from 200 to 399.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace ignite::health {

Result<> CheckHttp(const std::string& url, std::chrono::milliseconds limit);

}  // namespace ignite::health
