// The reboot of the machine or container that we run in, by logind, or by systemd where there is no
// logind.
#pragma once

#include <memory>

#include "base/reboot.h"

namespace ignite::bus {

std::unique_ptr<Reboot> MakeSystemReboot();

}  // namespace ignite::bus
