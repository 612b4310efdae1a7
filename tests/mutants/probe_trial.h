// A probe that runs something already, and mutants that are installed on it.
#pragma once

#include "tests/fakes/fake_probe.h"
#include "tests/mutants/originals.h"

namespace ignite::mutants {

class ProbeTrial {
 public:
  explicit ProbeTrial(const Originals& originals);

  /// Lets the agent install a file, and says what it changed outside of the folders that it stages
  /// in; empty for nothing. What it staged must be gone as well.
  std::string Install(std::unique_ptr<InputFile> file);

 private:
  engine::Parts parts();
  std::string Snapshot();

  const Originals& originals_;
  fakes::FakeProbe probe_;
  std::string before_;
};

}  // namespace ignite::mutants
