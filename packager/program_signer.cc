#include "packager/program_signer.h"

#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::packager {
namespace {

/// A person may have to look for the token first.
constexpr std::chrono::minutes kPatience(10);
constexpr int kNoSuchProgram = 127;  ///< What a shell says.

class ProgramSigner : public format::Signer {
 public:
  ProgramSigner(std::unique_ptr<Process> process, std::string command, format::PublicKey key)
      : process_(std::move(process)), command_(std::move(command)), key_(key) {}

  const format::PublicKey& public_key() const override { return key_; }

  Result<format::Signature> Sign(ByteView message) override {
    Command command{{"/bin/sh", "-c", command_}, {}, kPatience};
    command.input.assign(message.begin(), message.end());
    command.attended = true;
    Outcome outcome = TRY(process_->Run(command));
    if (outcome.exit_code == kNoSuchProgram && !outcome.timed_out) {
      return Error{ErrorCode::kNotFound,
                   StrCat("the program that is to sign is not there: '", Printable(command_), "'"),
                   "install it, or give its path"};
    }
    // What it printed may be half a signature; what it had to say, it said on standard error.
    if (outcome.exit_code != 0) {
      outcome.output.clear();
      outcome.end.clear();
    }
    TRY(CheckOutcome(command, outcome));
    format::Signature signature;
    if (outcome.output.size() != signature.size()) {
      return Error{ErrorCode::kIo,
                   StrCat("'", Printable(command_), "' wrote ", outcome.output.size(),
                          " bytes where an Ed25519 signature has ", signature.size()),
                   "it must write the raw signature and nothing else: neither base64 nor text"};
    }
    std::copy_n(AsBytes(outcome.output).begin(), signature.size(), signature.begin());
    return signature;
  }

 private:
  std::unique_ptr<Process> process_;
  std::string command_;
  format::PublicKey key_;
};

}  // namespace

std::unique_ptr<format::Signer> MakeProgramSigner(std::unique_ptr<Process> process,
                                                  std::string command, format::PublicKey key) {
  return std::make_unique<ProgramSigner>(std::move(process), std::move(command), key);
}

}  // namespace ignite::packager
