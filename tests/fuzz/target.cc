#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstdlib>

namespace ignite::fuzz {
namespace {

std::vector<const Target*>& MutableTargets() {
  static std::vector<const Target*> targets;
  return targets;
}

}  // namespace

Target::Target(std::string_view name, Function run) : name_(name), run_(run) {
  MutableTargets().push_back(this);
}

const std::vector<const Target*>& Targets() { return MutableTargets(); }

void Promise(bool holds, std::string_view sentence) {
  if (holds) return;
  (void)fprintf(stderr, "BROKEN PROMISE: %.*s\n", static_cast<int>(sentence.size()),
                sentence.data());
  std::abort();
}

}  // namespace ignite::fuzz
