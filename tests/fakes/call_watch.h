// Every call that a simulated process makes to its machine - disk, database file, service manager -
// asks first what becomes of it.
#pragma once

#include <string_view>

namespace ignite::fakes {

struct Fate {
  enum class Kind : uint8_t { kDone, kFails, kDies };
  Kind kind = Kind::kDone;
  int error = 0;  ///< The errno, where it fails.
  /// Where it fails, it fails too late: a write has put down half of its bytes, any other call has
  /// had its effect.
  bool late = false;
};

class CallWatch {
 public:
  virtual ~CallWatch() = default;
  /// `call` is a word such as "rename". After a kDies every later call of the process is one too.
  virtual Fate Next(std::string_view call) = 0;
};

/// Lets every call be done.
class PatientWatch : public CallWatch {
 public:
  Fate Next(std::string_view) override { return {}; }
};

/// Thrown through the code under test where its process dies: nothing that it does while it unwinds
/// reaches the machine. Calls from C code cannot throw; they fail, as all that follow, until one of
/// C++ does.
struct ProcessDied {};

}  // namespace ignite::fakes
