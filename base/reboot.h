// The seam to the machine's power. The engine asks for a reboot; with a root other than "/" nobody
// grants it.
#pragma once

#include "base/result.h"

namespace ignite {

class Reboot {
 public:
  virtual ~Reboot() = default;
  /// Asks for an orderly reboot and returns; the caller ends soon after.
  virtual Result<> Request() = 0;
};

}  // namespace ignite
