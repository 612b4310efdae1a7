// What a person is told of the move of a database.
#include "agent/handlers/migration_words.h"

#include <gmock/gmock.h>

namespace ignite::handlers {
namespace {

using migrations::Copy;
using migrations::Direction;
using migrations::Step;
using testing::ElementsAre;

class MigrationWordsTest : public testing::Test {
 protected:
  MigrationWordsTest() {
    course_.move.to_release = "20-t2";
    course_.move.to_version = 20;
    for (int64_t number : {18, 19, 20}) {
      Step step;
      step.number = number;
      step.name = "s";
      step.down = "";
      course_.move.steps.push_back(step);
    }
  }

  std::vector<std::string> Activation() { return ActivationWords(database_, course_, snapshot_); }
  std::string FirstOf(const std::function<void(Step&)>& change) {
    Course former = course_;
    course_.needs_snapshot = true;
    change(course_.move.steps[1]);
    std::string words = Activation().at(0);
    course_ = former;
    return words;
  }

  DatabaseWords database_{"data/main", "/var/lib/probe/data.db", 1'200'000'000};
  Course course_;
  std::optional<KeptSnapshot> snapshot_;
};

TEST_F(MigrationWordsTest, StepsAreNamed) {
  EXPECT_THAT(Activation(), ElementsAre("move data/main to version 20: apply 18_s, 19_s, 20_s to "
                                        "/var/lib/probe/data.db"));
  course_.move.steps.clear();
  EXPECT_THAT(Activation(), ElementsAre("move data/main to version 20: there is no step to run"));
}

TEST_F(MigrationWordsTest, ManyStepsAreCounted) {
  course_.move.steps.resize(6, course_.move.steps[2]);
  EXPECT_THAT(Activation(), ElementsAre("move data/main to version 20: apply 18_s to 20_s (6 "
                                        "steps) to /var/lib/probe/data.db"));
}

TEST_F(MigrationWordsTest, ASnapshotSaysWhichStepNeedsIt) {
  const std::string begin = "keep a snapshot of /var/lib/probe/data.db (1.2 GB), because step 19_s";
  EXPECT_EQ(FirstOf([](Step& step) { step.down.reset(); }), begin + " has no way back");
  EXPECT_EQ(FirstOf([](Step& step) { step.traits.lossy = true; }),
            begin + " has no way back that keeps everything");
  EXPECT_EQ(FirstOf([](Step& step) { step.traits.non_transactional = true; }),
            begin + " runs outside a transaction");
  EXPECT_EQ(FirstOf([](Step& step) { step.is_program = true; }), begin + " is a program");
}

TEST_F(MigrationWordsTest, AReturnNamesItsDowns) {
  course_.needs_snapshot = true;
  course_.move.direction = Direction::kDown;
  EXPECT_THAT(Activation(),
              ElementsAre("keep a snapshot of /var/lib/probe/data.db (1.2 GB), because downs may "
                          "take away what no step brings back",
                          "move data/main to version 20: take 18_s, 19_s, 20_s back in "
                          "/var/lib/probe/data.db"));
  course_.move.to_release.clear();
  EXPECT_EQ(Activation().at(1),
            "take data/main away: take 18_s, 19_s, 20_s back in "
            "/var/lib/probe/data.db");
}

TEST_F(MigrationWordsTest, ARestoreSaysSinceWhenIsLost) {
  course_.restores = course_.needs_snapshot = true;
  snapshot_ = KeptSnapshot{.path = "", .taken = 1'800'000'000, .may_restore = true};
  EXPECT_EQ(Activation().at(1),
            "move data/main to version 20: restore the snapshot of 2027-01-15 08:00:00 UTC into "
            "/var/lib/probe/data.db; what was written since is lost");
}

TEST_F(MigrationWordsTest, ARehearsalTellsWhatTheLastOneTook) {
  const std::string begin =
      "rehearse 18_s, 19_s, 20_s on a copy of /var/lib/probe/data.db (1.2 GB)";
  EXPECT_EQ(RehearsalWords(database_, course_, std::nullopt), begin);
  Rehearsal last{"17-t1", {}, 1'300'000'000, Clock::Milliseconds(39'100)};
  EXPECT_EQ(RehearsalWords(database_, course_, last),
            begin + "; the last one took 40 s and 1.3 GB");
  last.copy = {Copy::Kind::kSchema, "it is large"};
  EXPECT_EQ(RehearsalWords(database_, course_, last),
            begin +
                "; the last one had a copy of the schema alone, because it is large, and took "
                "40 s and 1.3 GB");
  last.copy = {Copy::Kind::kNone, "no\nroom"};
  EXPECT_EQ(RehearsalWords(database_, course_, last),
            begin + "; the last one had no copy, because no\\x0aroom");
}

TEST_F(MigrationWordsTest, ProgressNamesTheStepThatRuns) {
  EXPECT_EQ(ProgressWords(course_.move, 0), "applying 18_s (1 of 3)");
  EXPECT_EQ(ProgressWords(course_.move, 2), "applying 19_s (2 of 3)");
  EXPECT_EQ(ProgressWords(course_.move, 9), "applying 20_s (3 of 3)");
  course_.move.direction = Direction::kDown;
  EXPECT_EQ(ProgressWords(course_.move, 1), "taking back 18_s (1 of 3)");
  EXPECT_EQ(ProgressWords({}, 1), "moving the data");
}

TEST_F(MigrationWordsTest, TheRemarkNamesTheKindOfCopy) {
  Rehearsal rehearsal{"20-t2", {}, 4096, Clock::Milliseconds(100)};
  EXPECT_EQ(RehearsalRemark("data/main", rehearsal),
            "the steps of data/main were rehearsed on a whole copy; it took 1 s and 4.1 kB");
  rehearsal.copy = {Copy::Kind::kSchema, "it is large"};
  EXPECT_EQ(RehearsalRemark("data/main", rehearsal),
            "the steps of data/main were rehearsed on a copy of the schema alone, because it is "
            "large; it took 1 s and 4.1 kB");
  rehearsal.copy = {Copy::Kind::kNone, "no room"};
  EXPECT_EQ(RehearsalRemark("data/main", rehearsal),
            "the steps of data/main were not rehearsed, for there was no copy: no room");
}

}  // namespace
}  // namespace ignite::handlers
