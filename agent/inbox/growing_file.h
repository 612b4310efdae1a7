// An upload that is read while it still comes in.
//
// Who reads past what is here waits, until more has come or it is clear that none will. Nothing is
// believed of the file: its length is the one that it announces, and the reader of the bundle
// verifies every byte.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/engine/arrival.h"
#include "agent/inbox/inbox.h"
#include "base/clock.h"
#include "base/file_system.h"

namespace ignite::inbox {

class GrowingFile : public engine::Arrival {
 public:
  /// Nothing came for so long: the upload has stopped.
  static constexpr Clock::Milliseconds kStopped = std::chrono::minutes(1);

  /// `upload` has its expected size. `go_on`: as for AskWhileWaiting. kNotFound where the name
  /// leads to another file by now.
  static Result<GrowingFile> Open(const Inbox& inbox, Clock& clock, const Upload& upload,
                                  std::function<bool()> go_on);

  /// Reads from the beginning, and must not outlive this. Its size is the one that the upload is
  /// going to have; larger where there is more.
  std::unique_ptr<InputFile> Reader();

  int Percent() override;
  uint64_t MissingBytes() override;
  std::string Folder() override { return inbox_.path(); }
  void AskWhileWaiting(std::function<bool()> go_on) override { go_on_ = std::move(go_on); }

 private:
  class FromBeginning;

  GrowingFile(const Inbox& inbox, Clock& clock, const Upload& upload, UniqueFd fd,
              std::function<bool()> go_on)
      : inbox_(inbox),
        clock_(clock),
        name_(upload.name),
        expected_(*upload.expected_size),
        fd_(std::move(fd)),
        go_on_(std::move(go_on)) {}

  Result<uint64_t> SizeNow() const;
  /// Returns once there is a byte at `offset`.
  Result<> WaitFor(uint64_t offset);
  /// An Error where the name leads elsewhere, or the file was cut.
  Result<uint64_t> SizeOfUpload();

  const Inbox& inbox_;
  Clock& clock_;
  std::string name_;
  uint64_t expected_;
  UniqueFd fd_;
  std::function<bool()> go_on_;
  uint64_t largest_ = 0;  ///< That it was seen.
};

}  // namespace ignite::inbox
