// The words of the outbox that are the same in every text: states, sizes, licences, components.
#pragma once

#include <string>
#include <string_view>

#include "agent/engine/report.h"
#include "base/translation.h"

namespace ignite::outbox {

/// "rolled back"; also of what is no state of the engine, such as "waiting".
std::string_view StateWord(Speaker say, std::string_view state);
/// "51.3 MB", "51,3 Mo"
std::string SizeWords(Speaker say, uint64_t bytes);
/// "deployment 2, version 4.2.1 (app/web 4.2.1)"
std::string DeploymentWords(Speaker say, const engine::DeploymentRecord& deployment);

}  // namespace ignite::outbox
