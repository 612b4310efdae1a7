// Each refusal of a way between two releases of a database, and what a way back needs.
#include "agent/handlers/migration_course.h"

#include <gmock/gmock.h>

#include "base/str_cat.h"
#include "migrations/sql_text.h"
#include "payload-format/crypto/hash.h"
#include "tests/fakes/must.h"

namespace ignite::handlers {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;
using format::Step;
using format::StepMeaning;
using migrations::AppliedStep;
using migrations::DatabaseState;
using testing::ElementsAre;
using testing::Field;

constexpr auto kRefused = ErrorCode::kRefused;

std::string UpText(uint64_t number) { return StrCat("CREATE TABLE t", number, "(a); -- up\n"); }
std::string DownText(uint64_t number) { return StrCat("DROP TABLE t", number, ";"); }

std::string Digest(std::string_view text) {
  std::string form = Must(migrations::NormalForm(text, migrations::Engine::kSqlite));
  return format::Sha256(AsBytes(form)).Hex();
}

/// A release with these steps, all of them of SQL and with a way back.
DataRelease Release(std::string name, const std::vector<uint64_t>& numbers) {
  DataRelease release{std::move(name), {}};
  for (uint64_t number : numbers) {
    release.spec.folder.steps.push_back(
        Step{number, "s", StrCat(number, "_s.up.sql"), StrCat(number, "_s.down.sql")});
    release.spec.meanings.push_back(
        StepMeaning{{}, Digest(UpText(number)), Digest(DownText(number))});
  }
  return release;
}

Result<std::string> Load(const std::string& file) {
  uint64_t number = std::stoull(file);
  return file.ends_with(".up.sql") ? UpText(number) : DownText(number);
}

/// A database that runs all steps of the release.
DatabaseState StateOf(const DataRelease& release) {
  DatabaseState state;
  state.exists = state.is_managed = true;
  state.is_empty = false;
  state.release = release.release;
  state.version = static_cast<int64_t>(release.spec.Level());
  for (const Step& step : release.spec.folder.steps) {
    AppliedStep applied;
    applied.step.number = static_cast<int64_t>(step.number);
    applied.step.name = step.name;
    applied.step.down = DownText(step.number);
    applied.release = release.release;
    state.applied.push_back(std::move(applied));
  }
  return state;
}

class MigrationCourseTest : public testing::Test {
 protected:
  Result<Course> Plan(const LoadText& load = Load) {
    return PlanCourse(from_, to_, state_, load, snapshot_);
  }

  std::optional<DataRelease> from_ = Release("old", {1, 2});
  std::optional<DataRelease> to_ = Release("new", {1, 2, 3});
  DatabaseState state_ = StateOf(*from_);
  std::optional<KeptSnapshot> snapshot_;
};

TEST_F(MigrationCourseTest, LeadsUpByTheTextsOfTheNewRelease) {
  Course course = Must(Plan());
  EXPECT_THAT(course.move.steps, ElementsAre(Field(&migrations::Step::up, UpText(3))));
  EXPECT_EQ(course.move.to_version, 3);
  EXPECT_FALSE(course.needs_snapshot);
}

TEST_F(MigrationCourseTest, AStepThatCannotBeTakenBackNeedsASnapshot) {
  to_->spec.meanings[2].traits = {"lossy"};
  EXPECT_TRUE(Must(Plan()).needs_snapshot);
}

TEST_F(MigrationCourseTest, ATextThatIsNotTheManifestsIsRefused) {
  auto changed = [](const std::string& file) -> Result<std::string> {
    return Must(Load(file)) + "DROP TABLE t1;";
  };
  EXPECT_THAT(Plan(changed), FailsWith(ErrorCode::kCorrupt, "is not what the manifest says"));
  auto commented = [](const std::string& file) -> Result<std::string> {
    return "-- the same\n" + Must(Load(file));
  };
  EXPECT_THAT(Plan(commented), Succeeds());
}

TEST_F(MigrationCourseTest, StepsThatAreAppliedStayWhatTheyWere) {
  to_->spec.meanings[1].up = Digest("SELECT 1");
  EXPECT_THAT(Plan(), FailsWith(kRefused, "step 2 s is not what it was"));
}

TEST_F(MigrationCourseTest, AStepStaysWhatItWasHoweverItsTraitsAreListed) {
  auto listed = [](DataRelease release, std::vector<std::string> traits) {
    release.spec.engine = format::MigrationsSpec::kSqlite;
    release.spec.database = "/var/lib/main.db";
    release.spec.folder.entries = 1;
    release.spec.meanings[0].traits = std::move(traits);
    release.spec = Must(format::MigrationsSpec::FromJson(release.spec.ToJson()));
    return release;
  };
  from_ = listed(*from_, {"lossy", "foreign-keys-off"});
  to_ = listed(*to_, {"foreign-keys-off", "lossy", "foreign-keys-off"});
  EXPECT_EQ(Must(Plan()).move.to_version, 3);
  to_ = listed(*to_, {"lossy"});
  EXPECT_THAT(Plan(), FailsWith(kRefused, "is not what it was"));
}

TEST_F(MigrationCourseTest, NoStepComesBetweenThoseThatAreApplied) {
  from_ = Release("old", {1, 3});
  state_ = StateOf(*from_);
  EXPECT_THAT(Plan(), FailsWith(kRefused, "step 2 s comes late"));
}

TEST_F(MigrationCourseTest, ADatabaseThatSomethingElseMovedIsRefused) {
  state_.release = "other";
  EXPECT_THAT(Plan(), FailsWith(kRefused, "is at version 2 of the release 'other'"));
}

TEST_F(MigrationCourseTest, ADatabaseOfBeforeNeedsItsBaseline) {
  from_.reset();
  state_ = DatabaseState();
  state_.exists = true;
  state_.is_empty = false;
  EXPECT_THAT(Plan(), FailsWith(kRefused, "has tables that ignite did not make"));
  to_->spec.baseline = 2;
  EXPECT_THAT(Must(Plan()).move.steps, ElementsAre(Field(&migrations::Step::number, 3)));
  state_.is_managed = true;
  EXPECT_THAT(Plan(), FailsWith(kRefused, "knows nothing of it"));
}

TEST_F(MigrationCourseTest, LeadsDownByTheTextsOfTheDatabase) {
  std::swap(from_, to_);
  state_ = StateOf(*from_);
  Course course = Must(Plan());
  EXPECT_THAT(course.move.steps, ElementsAre(Field(&migrations::Step::down, DownText(3))));
  EXPECT_TRUE(course.needs_snapshot);
}

/// What keeps a step of the database from being taken back, by a release and by an undo alike.
class WayBackTest : public MigrationCourseTest {
 protected:
  WayBackTest() {
    std::swap(from_, to_);
    state_ = StateOf(*from_);
  }
  migrations::Step& LastApplied() { return state_.applied.back().step; }
  void ExpectRefused(const char* cause) {
    EXPECT_THAT(Plan(), FailsWith(kRefused, cause));
    EXPECT_THAT(PlanReturn(to_, *from_, state_), FailsWith(kRefused, cause));
  }
};

TEST_F(WayBackTest, ATextThatWasChangedInTheDatabaseIsRefused) {
  EXPECT_THAT(PlanReturn(to_, *from_, state_), Succeeds());
  LastApplied().down = "DROP TABLE t1;";
  ExpectRefused("the way back of step 3 s was changed");
}

TEST_F(WayBackTest, AStepThatTheReleaseDoesNotKnowIsRefused) {
  LastApplied().number = 4;
  ExpectRefused("does not know it");
}

TEST_F(WayBackTest, AStepWithoutAWayBackIsRefused) {
  LastApplied().down.reset();
  ExpectRefused("has no way back that keeps everything");
}

TEST_F(WayBackTest, ALossyStepIsTakenBackByItsSnapshotAlone) {
  LastApplied().traits.lossy = true;
  EXPECT_THAT(Plan(), FailsWith(kRefused, "has no way back that keeps everything"));
  snapshot_ = KeptSnapshot{.path = "", .taken = 1'800'000'000, .may_restore = false};
  auto refused = Plan();
  EXPECT_THAT(refused, FailsWith(kRefused, "has no way back that keeps everything"));
  EXPECT_THAT(refused.error().remedy,
              testing::HasSubstr("--restore-data' restores the snapshot of 2027-01-15"));
  snapshot_->may_restore = true;
  Course course = Must(Plan());
  EXPECT_TRUE(course.restores);
  EXPECT_TRUE(course.move.steps.empty());
}

TEST_F(WayBackTest, OverSeveralStepsARefusalLeadsByTheSnapshotsBetween) {
  LastApplied().traits.lossy = true;
  auto remedy = [&] { return Plan().error().remedy; };
  EXPECT_THAT(remedy(), testing::HasSubstr("from a backup"));
  to_ = Release("old", {1});
  EXPECT_THAT(remedy(), testing::HasSubstr("one deployment at a time"));
}

TEST_F(WayBackTest, ASnapshotIsNotRestoredWhereDownsLeadBack) {
  snapshot_ = KeptSnapshot{.path = "", .taken = 1, .may_restore = true};
  EXPECT_FALSE(Must(Plan()).restores);
}

TEST(StandsAtTest, AnotherReleaseOrVersionIsAnotherPlace) {
  DataRelease release = Release("old", {1, 2});
  DatabaseState state = StateOf(release);
  EXPECT_TRUE(StandsAt(release, state));
  EXPECT_FALSE(StandsAt(std::nullopt, state));
  EXPECT_TRUE(StandsAt(std::nullopt, DatabaseState()));
  state.version = 1;
  EXPECT_FALSE(StandsAt(release, state));
  state.version = 2;
  state.release = "other";
  EXPECT_FALSE(StandsAt(release, state));
}

}  // namespace
}  // namespace ignite::handlers
