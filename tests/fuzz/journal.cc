// A journal whose file is damaged or was made by someone else: every call gives a value or an Error
// of this machine, and what it holds can be told.

#include "agent/engine/journal.h"

#include "agent/engine/report.h"
#include "base/file_system.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using engine::Journal;

/// A damaged journal is a fault of the machine: kCorrupt would put the blame on a bundle.
template <class T>
bool Told(const Result<T>& result) {
  PromiseGoodError(result);
  if (!result)
    Promise(result.error().code != ErrorCode::kCorrupt, "a damaged journal is no damaged bundle");
  return result.has_value();
}

void ReadAll(Journal& journal) {
  auto transactions = journal.Transactions();
  if (Told(transactions)) (void)engine::HistoryText(*transactions);
  (void)Told(journal.Unfinished());
  (void)Told(journal.Steps(1));
  auto history = journal.History();
  if (Told(history)) {
    (void)engine::FindHistoryFault(*history);
    for (const auto& entry : *history) (void)engine::HistoryLine(entry);
  }
  auto deployments = journal.Deployments();
  if (Told(deployments)) {
    for (const auto& deployment : *deployments) (void)engine::DeploymentText(deployment);
  }
  (void)Told(journal.Current());
  (void)Told(journal.Releases());
  (void)Told(journal.CounterFloor("netprobe", "product"));
  (void)Told(journal.IsHeld("content"));
  (void)Told(journal.Holds());
}

void Write(Journal& journal) {
  auto id = journal.Begin("a.ignite");
  if (!Told(id) || !Told(journal.Enter(*id, engine::State::kVerified, "step"))) return;
  auto unfinished = journal.Unfinished();
  engine::Verdict verdict;
  verdict.state = engine::State::kRefused;
  if (Told(journal.End(*id, verdict, false)) && Told(unfinished))
    Promise(unfinished->has_value(), "what began is unfinished until its end");
}

const Target kJournal{
    "journal", [](ByteView input) {
      static const fakes::TemporaryDirectory folder;
      static const auto files = MakePosixFileSystem();
      std::string path = folder / "journal.db";
      for (const char* left : {"", "-journal", "-wal", "-shm"})
        Promised(files->RemoveFile(path + left), "an earlier journal can be removed");
      Promised(files->WriteAtomically(path, input, 0600), "the input can be written");
      fakes::FakeClock clock;
      auto reader = Journal::OpenForReading(path);
      if (Told(reader)) ReadAll(*reader);
      auto journal = Journal::Open(path, *files, clock);
      if (!Told(journal)) return;
      ReadAll(*journal);
      Write(*journal);
    }};

}  // namespace
}  // namespace ignite::fuzz
