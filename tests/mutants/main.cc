// Makes damaged bundles and holds that ignite accepts none.
//
// usage: ignite-mutants COUNT SEED             judge COUNT mutants; every 50th is also installed
//        ignite-mutants --control COUNT SEED   hold that the campaign would see an acceptance
//
// A mutant is judged as `ignite-pack verify` would, and one that the agent installs must change
// nothing. What counts the same as a valid bundle is no mutant, and must be accepted. The mutant
// that breaks a rule is kept as mutant-SEED-NUMBER.ignite in the present folder.

#include <charconv>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>

#include "base/str_cat.h"
#include "tests/fakes/judge.h"
#include "tests/fakes/memory_file.h"
#include "tests/mutants/mutator.h"
#include "tests/mutants/probe_trial.h"

namespace ignite::mutants {
namespace {

/// The agent takes much longer than the reader.
constexpr uint64_t kInstallEvery = 50;
/// The journal of a probe remembers every attempt, so there is a new probe from time to time.
constexpr uint64_t kInstallsOfOneProbe = 500;

using Reader = std::function<Result<>(std::unique_ptr<InputFile>)>;

class Campaign {
 public:
  Campaign(const Originals& originals, uint64_t seed) : originals_(originals), seed_(seed) {}

  /// The next mutant, whatever `read` says of what is none.
  Mutant Next(const Reader& read) {
    for (;;) {
      Mutant mutant = Mutator(originals_, seed_, ++number_).Make();
      bool same = std::any_of(originals_.bundles.begin(), originals_.bundles.end(), [&](auto& it) {
        return CountsTheSame(mutant, it, originals_.known_keys);
      });
      if (!same) return mutant;
      ++same_;
      if (auto result = read(OpenMutant(mutant)); !result)
        Fail(mutant, StrCat("is refused, but counts the same: ", result.error().cause));
    }
  }

  void Judge(uint64_t count, const Reader& read) {
    std::unique_ptr<ProbeTrial> probe;
    for (uint64_t i = 0; i < count; ++i) {
      Mutant mutant = Next(read);
      ++judged_[mutant.damage];
      if (read(OpenMutant(mutant))) Fail(mutant, "is accepted");
      if (i % kInstallEvery != 0) continue;
      if (installed_++ % kInstallsOfOneProbe == 0) probe = std::make_unique<ProbeTrial>(originals_);
      std::string changes = probe->Install(OpenMutant(mutant));
      if (!changes.empty()) Fail(mutant, StrCat("changed the probe:\n", changes));
    }
  }

  uint64_t failures() const { return failures_; }

  void Report(std::ostream& out) const {
    uint64_t total = 0;
    for (const auto& [damage, count] : judged_) {
      out << count << "\t" << damage << "\n";
      total += count;
    }
    out << total << "\tmutants in all, of seed " << seed_ << "; " << installed_
        << " of them also installed\n";
    out << same_ << "\tmore that count the same as a valid bundle\n";
    out << failures_ << "\tfailures\n";
  }

 private:
  void Fail(const Mutant& mutant, std::string_view what) {
    std::string path = StrCat("mutant-", seed_, "-", number_, ".ignite");
    std::cerr << path << " (" << mutant.damage << ") " << what << "\n";
    WriteMutant(mutant, path);
    ++failures_;
  }

  const Originals& originals_;
  uint64_t seed_;
  uint64_t number_ = 0;
  uint64_t same_ = 0;
  uint64_t installed_ = 0;
  uint64_t failures_ = 0;
  std::map<std::string, uint64_t> judged_;
};

Reader FullReader(const Originals& originals, const format::Keyring& keyring) {
  return [&](std::unique_ptr<InputFile> file) -> Result<> {
    TRY(fakes::Judge(std::move(file), keyring, originals.identities,
                     format::PlainBundles::kAccepted));
    return {};
  };
}

/// Stops in front of the payloads.
Reader ShortReader(const Originals& originals) {
  return [&](std::unique_ptr<InputFile> file) -> Result<> {
    TRY(format::VerifiedBundle::Open(std::move(file), originals.keyring, originals.identities,
                                     format::PlainBundles::kAccepted));
    return {};
  };
}

/// How many mutants a reader accepts.
uint64_t Accepted(const Originals& originals, const Reader& read, uint64_t count, uint64_t seed) {
  Campaign campaign(originals, seed);
  uint64_t accepted = 0;
  for (uint64_t i = 0; i < count; ++i)
    accepted += read(OpenMutant(campaign.Next(read))).has_value() ? 1 : 0;
  return accepted;
}

/// Without this a campaign that judges nothing, or the wrong file, would pass.
bool Control(const Originals& originals, uint64_t count, uint64_t seed) {
  Reader full = FullReader(originals, originals.keyring);
  uint64_t valid = 0;
  uint64_t installed = 0;
  for (const Original& original : originals.bundles) {
    Mutant unchanged{"none", original.bytes, {}};
    valid += full(OpenMutant(unchanged)).has_value() ? 1 : 0;
    installed += ProbeTrial(originals).Install(OpenMutant(unchanged)).empty() ? 0 : 1;
  }
  uint64_t without_qa =
      Accepted(originals, FullReader(originals, originals.keyring_without_qa), count, seed);
  uint64_t without_payloads = Accepted(originals, ShortReader(originals), count, seed);
  std::cout << valid << "\tof " << originals.bundles.size() << " valid bundles are accepted\n"
            << installed << "\tof them are installed, and seen to change the probe\n"
            << without_qa << "\tof " << count << " mutants pass a reader that needs no qa\n"
            << without_payloads << "\tof " << count << " pass one that reads no payload\n";
  return valid == originals.bundles.size() && installed > 0 && without_qa > 0 &&
         without_payloads > 0;
}

int Usage() {
  std::cerr << "usage: ignite-mutants [--control] COUNT SEED\n";
  return 2;
}

int Main(std::vector<std::string_view> arguments) {
  bool control = !arguments.empty() && arguments[0] == "--control";
  if (control) arguments.erase(arguments.begin());
  if (arguments.size() != 2) return Usage();
  uint64_t numbers[2];
  for (size_t i = 0; i < 2; ++i) {
    std::string_view text = arguments[i];
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    if (error != std::errc() || end != text.data() + text.size()) return Usage();
  }
  Originals originals = LoadOriginals();
  if (control) return Control(originals, numbers[0], numbers[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
  Campaign campaign(originals, numbers[1]);
  campaign.Judge(numbers[0], FullReader(originals, originals.keyring));
  campaign.Report(std::cout);
  return campaign.failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace ignite::mutants

int main(int argc, char** argv) { return ignite::mutants::Main({argv + 1, argv + argc}); }
