#include "tests/mutants/probe_trial.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/vectors.h"

namespace ignite::mutants {
namespace {

using fakes::Must;

/// The journal and its companions change with every attempt; Facts says what must not.
bool IsOwnMemory(std::string_view path) {
  for (std::string_view name : {"/journal.db", "/journal.db-journal", "/lock", "/progress.json"}) {
    if (path == StrCat(engine::ProbePaths::kState, name)) return true;
  }
  return false;
}

/// One line for each file and link below the root, and for the folders that hold any: those that
/// staging was on its way to may stay, empty.
std::string Files(const std::string& root) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    std::string path = entry.path().string().substr(root.size());
    struct stat info {};
    if (lstat(entry.path().c_str(), &info) != 0 || IsOwnMemory(path)) continue;
    std::string line = StrCat(path, " ", info.st_mode, " ", info.st_uid, ":", info.st_gid);
    if (S_ISDIR(info.st_mode)) {
      using Walk = std::filesystem::recursive_directory_iterator;
      bool hollow = std::all_of(begin(Walk(entry.path())), end(Walk()), [](const auto& inner) {
        return inner.is_directory() && !inner.is_symlink();
      });
      if (hollow) continue;
    } else {
      line += StrCat(" ", info.st_ino, " ", info.st_size, " ", info.st_mtim.tv_sec, ".",
                     info.st_mtim.tv_nsec, " ");
      line += S_ISLNK(info.st_mode) ? std::filesystem::read_symlink(entry.path()).string()
                                    : format::Sha256(AsBytes(fakes::ReadText(entry.path()))).Hex();
    }
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

/// What the journal remembers beside the transactions that ended.
std::string Facts(engine::Journal journal) {
  std::string facts;
  for (const auto& deployment : Must(journal.Deployments()))
    facts += StrCat("deployment ", deployment.number, " ", deployment.content_id, "\n");
  for (const auto& release : Must(journal.Releases()))
    facts += StrCat("release ", release.component, " ", release.release, "\n");
  for (const std::string& held : Must(journal.Holds())) facts += StrCat("hold ", held, "\n");
  for (const char* kind : {"product", "service-pack"})
    facts += StrCat("floor ", Must(journal.CounterFloor("netprobe", kind)), "\n");
  facts += StrCat("epoch ", Must(journal.EpochFloor("netprobe")), "\n");
  return StrCat(facts, "unfinished ", Must(journal.Unfinished()).has_value() ? 1 : 0, "\n");
}

}  // namespace

ProbeTrial::ProbeTrial(const Originals& originals) : originals_(originals) {
  probe_.settings.compatible = "netprobe-x86_64";
  // So that plain mutants come as far as encrypted ones.
  probe_.settings.allow_unencrypted = true;
  before_ = Snapshot();
  if (Install(fakes::MakeMemoryFile(originals_.installed.bytes)).empty())
    throw std::runtime_error("the probe installs nothing");
}

engine::Parts ProbeTrial::parts() {
  return {probe_.paths,    probe_.settings, originals_.keyring, originals_.identities,
          probe_.files,    probe_.clock,    probe_.services,    probe_.health,
          probe_.handlers, probe_.boot,     probe_.boot};
}

std::string ProbeTrial::Install(std::unique_ptr<InputFile> file) {
  engine::Parts all = parts();
  auto verdict = engine::Engine(all).Install(
      {std::move(file), "mutant.ignite", engine::Origin::kEngineer}, probe_.observer);
  std::string after = Snapshot();
  probe_.observer.seen.clear();
  std::string changes;
  if (verdict && verdict->state == engine::State::kCommitted) changes = "it was committed\n";
  if (after != before_) changes += StrCat("before:\n", before_, "after:\n", after);
  before_ = std::move(after);
  return changes;
}

std::string ProbeTrial::Snapshot() {
  std::string services;
  for (const std::string& line : probe_.services.log) services += line + "\n";
  return StrCat(Files(probe_.folder.path()), Facts(probe_.OpenJournal()), services);
}

}  // namespace ignite::mutants
