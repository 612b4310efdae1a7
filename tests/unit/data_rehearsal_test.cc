// What a rehearsal says where the machine fails; what it finds in steps, real programs show
// (tests/e2e/data_test.py).
#include "agent/handlers/data_rehearsal.h"

#include <gmock/gmock.h>

#include "tests/fakes/database_worker.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;
using testing::Contains;

class DataRehearsalTest : public testing::Test {
 protected:
  Result<> Run() {
    engine::Change change;
    change.to = engine::ComponentRecord{"data/main", "migrations", "1", "1-t1"};
    DatabasePlace place;
    place.address = probe_.Path("/main.db");
    return rehearsal_.Run(place, worker_.state, Course(), change,
                          [](const std::string&) { return true; });
  }

  fakes::FakeProbe probe_;
  fakes::FaultyFileSystem files_{*probe_.real_files};
  fakes::DatabaseWorker worker_{files_};
  ProgramStore programs_{files_, probe_.paths};
  DatabaseAccess databases_{files_, worker_, probe_.paths};
  DatabaseNotes notes_{files_, probe_.paths};
  DataMover mover_{worker_, probe_.paths, programs_, databases_};
  DataSnapshots snapshots_{files_, databases_, notes_};
  DataRehearsal rehearsal_{files_, probe_.clock, probe_.settings, databases_,
                           mover_, snapshots_,   notes_};
};

TEST_F(DataRehearsalTest, NothingIsTriedOnACopyThatCannotBeMade) {
  worker_.fails = "copy";
  EXPECT_THAT(Run(), FailsWith(ErrorCode::kIo, "an injected fault"));
  EXPECT_THAT(worker_.asked, testing::ElementsAre("copy", "drop-copy"));
}

TEST_F(DataRehearsalTest, WithoutAFolderForItNoCopyIsAskedFor) {
  files_.plan = fakes::FaultPlan(1, false, ErrorCode::kIo);
  EXPECT_THAT(Run(), FailsWith(ErrorCode::kIo, "an injected fault"));
  EXPECT_THAT(worker_.asked, testing::IsEmpty());
}

TEST_F(DataRehearsalTest, ACopyThatStaysIsAnError) {
  worker_.copy = migrations::Copy{migrations::Copy::Kind::kNone, "there is no room"};
  worker_.fails = "drop-copy";
  EXPECT_THAT(Run(), FailsWith(ErrorCode::kIo, "an injected fault"));
}

}  // namespace
}  // namespace ignite::handlers
