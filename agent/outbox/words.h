// The words of the outbox that are the same in every text: states, sizes, licences, components.
#pragma once

#include <string>
#include <string_view>

#include "agent/engine/report.h"
#include "agent/outbox/probe_page.h"
#include "base/translation.h"

namespace ignite::outbox {

/// "rolled back"; also of what is no state of the engine, such as "waiting".
std::string_view StateWord(Speaker say, std::string_view state);
/// "51.3 MB", "51,3 Mo"
std::string SizeWords(Speaker say, uint64_t bytes);
/// What stands above a text that is told once more in this language.
std::string_view SameBelow(Speaker say);
/// "none", "valid until 2027-12-31", "valid, without an end", "ended on 2027-12-31"
std::string LicenceWords(Speaker say, const Licence& licence);
/// "40.0 GB or more": its first digit alone, so that it does not change all the time.
std::string FreeSpaceWords(Speaker say, const FreeSpace& space);
/// "deployment 2, version 4.2.1 (app/web 4.2.1)"
std::string DeploymentWords(Speaker say, const engine::DeploymentRecord& deployment);

}  // namespace ignite::outbox
