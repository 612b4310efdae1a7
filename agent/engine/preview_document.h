// The work order of an install, as `ignite plan` prints it and as the outbox has it.
#pragma once

#include "agent/engine/preview.h"
#include "base/json.h"

namespace ignite::engine {

/// `bundle`: the name of its file.
Json PreviewJson(const Preview& preview, std::string_view bundle);
std::string PreviewText(const Preview& preview, std::string_view bundle);

}  // namespace ignite::engine
