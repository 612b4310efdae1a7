// A sample of the databases that a migrations payload will meet, and a copy of it to try steps on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "migrations/database.h"
#include "packager/interruption.h"
#include "packager/scratch_folder.h"

namespace ignite::packager {

struct Sample {
  migrations::Engine engine = migrations::Engine::kSqlite;
  /// A path, or a connection string of libpq; empty for a new SQLite database.
  std::string address;

  std::string ForPerson() const;
};

/// Of "FILE" or "postgresql:WORDS"; paths go from `folder`. kInvalidArgument where neither is
/// there.
Result<Sample> ParseSample(std::string_view text, const std::string& folder);

/// The words of a connection string in the order of the format; nullopt where there are others.
std::optional<std::string> OrderedAddress(std::string_view words);

/// Lies in a scratch folder, or beside the sample on its server; gone with the object. The sample
/// is never written, and may be in use.
class SampleCopy {
 public:
  static Result<std::unique_ptr<SampleCopy>> Create(Sample sample);
  ~SampleCopy();
  SampleCopy(const SampleCopy&) = delete;
  SampleCopy& operator=(const SampleCopy&) = delete;

  /// Makes the copy what the sample is, whatever was tried on it; to be called first. kRefused
  /// where the server makes none.
  Result<migrations::Copy> Renew();

  migrations::Database& database() { return *copy_; }
  const std::string& address() const { return address_; }
  const std::string& folder() const { return folder_.path(); }

 private:
  SampleCopy(Sample sample, ScratchFolder folder);

  Result<> CopySqlite() const;

  Sample sample_;
  std::unique_ptr<RemovedOnSignal> removed_;  ///< Goes when the folder has gone.
  ScratchFolder folder_;
  std::string address_;
  std::unique_ptr<migrations::Database> copy_;
};

}  // namespace ignite::packager
