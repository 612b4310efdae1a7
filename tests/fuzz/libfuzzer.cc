// The one target of a libFuzzer program.

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ignite::fuzz::Targets().front()->Run(std::as_bytes(std::span(data, size)));
  return 0;
}
