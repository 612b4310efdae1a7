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

class NoReboot : public Reboot {
 public:
  Result<> Request() override {
    return Error{ErrorCode::kUnsupported, "ignite does not reboot what lies below --root",
                 "reboot it by hand"};
  }
};

}  // namespace ignite
