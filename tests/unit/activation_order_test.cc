// The handlers say in what order the components of a bundle are activated; undo is the reverse.

#include <gmock/gmock.h>

#include "base/str_cat.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::Must;
using testing::ElementsAre;

/// A tree that has another turn, and tells when it comes.
class TurnHandler : public handlers::TreeHandler {
 public:
  TurnHandler(fakes::FakeProbe& probe, Turn turn, std::vector<std::string>& log)
      : TreeHandler(probe.files, *probe.process, probe.paths), turn_(turn), log_(log) {}

  Turn TurnOfActivation() const override { return turn_; }
  Result<> Activate(const Change& change, const Watch& watch) override {
    log_.push_back(StrCat("activate ", change.any().component));
    if (asks) {
      asks();
      if (!watch("moving the data")) return Error{ErrorCode::kIo, "the work was stopped", ""};
    }
    return TreeHandler::Activate(change, watch);
  }
  Result<> Undo(const Change& change) override {
    log_.push_back(StrCat("undo ", change.any().component));
    return TreeHandler::Undo(change);
  }

  std::function<void()> asks = {};  ///< Before this handler asks whether to go on.

 private:
  Turn turn_;
  std::vector<std::string>& log_;
};

struct TurnHandlers : HandlerTable {
  TurnHandlers(fakes::FakeProbe& probe, std::vector<std::string>& log)
      : data(probe, Turn::kData, log),
        configuration(probe, Turn::kConfiguration, log),
        last(probe, Turn::kLast, log) {}
  Handler* Find(std::string_view type, std::string_view) override {
    return type == "data" ? &data : type == "configuration" ? &configuration : &last;
  }

  TurnHandler data, configuration, last;
};

class ActivationOrderTest : public testing::Test {
 protected:
  /// A tree, a configuration and data, in this order of the bundle; each holds a file that names
  /// it.
  Result<Verdict> Install(uint64_t counter) {
    format::BundlePlan plan = fakes::SamplePlan();
    plan.manifest.compatible = "box";
    plan.manifest.counter = counter;
    plan.manifest.health = {{"alive", "fake", 3'000, Json::EmptyObject()}};
    plan.manifest.payloads.resize(1);
    plan.sources.clear();
    format::PayloadInfo payload = plan.manifest.payloads[0];
    plan.manifest.payloads.clear();
    for (const char* type : {"tree", "configuration", "data"}) {
      format::TreeSpec spec = Must(format::TreeSpec::FromJson(payload.spec, "app/web"));
      spec.path = StrCat("/opt/", type);
      spec.entries = 2;
      payload.name = payload.type = type;
      payload.component = StrCat("app/", type);
      payload.spec = spec.ToJson();
      plan.manifest.payloads.push_back(payload);
      plan.sources.push_back(fakes::TreeStreams({{"name", type}}));
    }
    Parts parts = MakeParts();
    return Engine(parts).Install({fakes::MakeMemoryFile(fakes::Build(std::move(plan))), "b"},
                                 probe_.observer);
  }
  Parts MakeParts() {
    return {probe_.paths, probe_.settings, fakes::Keys().keyring, probe_.identities, probe_.files,
            probe_.clock, probe_.services, probe_.health,         handlers_,         probe_.boot,
            probe_.boot};
  }

  fakes::FakeProbe probe_;
  std::vector<std::string> log_;
  TurnHandlers handlers_{probe_, log_};
};

TEST_F(ActivationOrderTest, DataThenConfigurationsThenAllElseAndUndoIsTheReverse) {
  probe_.health.failing = {"alive"};
  ASSERT_EQ(Must(Install(1)).state, State::kRolledBack);
  EXPECT_THAT(log_,
              ElementsAre("activate app/data", "activate app/configuration", "activate app/tree",
                          "undo app/tree", "undo app/configuration", "undo app/data"));
}

TEST_F(ActivationOrderTest, EveryPayloadIsUnpackedToItsOwnComponent) {
  ASSERT_EQ(Must(Install(1)).state, State::kCommitted);
  for (const char* name : {"tree", "configuration", "data"}) {
    EXPECT_EQ(Must(probe_.files.ReadFile(probe_.Path(StrCat("/opt/", name, "/current/name")), 100)),
              name);
  }
}

TEST_F(ActivationOrderTest, ARollbackHasTheSameOrder) {
  ASSERT_EQ(Must(Install(1)).state, State::kCommitted);
  ASSERT_EQ(Must(Install(2)).state, State::kCommitted);
  log_.clear();
  Parts parts = MakeParts();
  ASSERT_EQ(Must(Engine(parts).Rollback({.to = 1}, probe_.observer)).state, State::kCommitted);
  EXPECT_THAT(log_,
              ElementsAre("activate app/data", "activate app/configuration", "activate app/tree"));
}

TEST_F(ActivationOrderTest, ACancelWhileDataMovesRollsBackAndHoldsNothing) {
  handlers_.data.asks = [&] { probe_.observer.stop = StopRequest::kCancel; };
  Verdict verdict = Must(Install(1));
  EXPECT_EQ(verdict.state, State::kRolledBack);
  EXPECT_EQ(verdict.reason, "cancelled");
  EXPECT_EQ(verdict.cause, "the transaction was cancelled while it was being activated");
  EXPECT_THAT(log_, ElementsAre("activate app/data", "undo app/data")) << "the others never began";
  EXPECT_TRUE(Must(probe_.OpenJournal().Holds()).empty());
  auto told = [](const Progress& progress) { return progress.step == "moving the data"; };
  EXPECT_TRUE(std::any_of(probe_.observer.seen.begin(), probe_.observer.seen.end(), told));
}

TEST_F(ActivationOrderTest, AnEndOfTheAgentDoesNotStopDataThatMoves) {
  handlers_.data.asks = [&] { probe_.observer.stop = StopRequest::kSuspend; };
  EXPECT_EQ(Must(Install(1)).state, State::kTrial);
}

}  // namespace
}  // namespace ignite::engine
