// What recovery does with a journal whose documents are damaged: it ends, and touches nothing but
// what belongs to ignite and to the components.
//
// The input is a state, a byte for more, and documents between zero bytes: the plan of the
// interrupted transaction, empty for none, a component of the deployment before it, its health
// checks, and a release.

#include <algorithm>
#include <array>
#include <filesystem>

#include "tests/fakes/fake_probe.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using engine::State;

constexpr std::array kStates = {State::kReceived, State::kVerified,   State::kStaging,
                                State::kStaged,   State::kApplying,   State::kTrial,
                                State::kStuck,    State::kRollingBack};
constexpr std::string_view kPrecious = "what no recovery may touch";

struct Damage {
  State state = State::kReceived;
  bool has_reason = false;
  bool is_active = false;
  std::array<std::string, 4> documents;

  explicit Damage(ByteView input) {
    ByteReader in(input);
    state = kStates[in.U8() % kStates.size()];
    uint8_t more = in.U8();
    has_reason = (more & 1) != 0;
    is_active = (more & 2) != 0;
    std::string_view rest = AsText(in.Raw(in.remaining()));
    for (std::string& document : documents) {
      document = rest.substr(0, rest.find('\0'));
      rest = rest.substr(std::min(document.size() + 1, rest.size()));
    }
  }
};

/// The journal of a probe that runs deployment 1 and was interrupted on its way to 2.
Bytes SampleJournal() {
  fakes::FakeProbe probe;
  engine::Plan plan;
  plan.content_id = std::string(64, 'a');
  plan.kind = "product";
  plan.product = plan.version = "1";
  plan.to_deployment = 1;
  plan.components = {{"app/web", "tree", "1.0", "1.0-t1", Json::EmptyObject()}};
  plan.changes = {{std::nullopt, plan.components[0]}};
  {
    engine::Journal journal = probe.OpenJournal();
    for (int i = 0; i < 2; ++i) {
      int64_t id = Promised(journal.Begin("a.ignite"), "a transaction begins");
      Promised(journal.SetPlan(id, plan), "it has a plan");
      if (i == 0) Promised(journal.Commit(id, plan, ""), "it is committed");
    }
  }
  std::string text = Promised(probe.real_files->ReadFile(probe.paths.Journal(), 1 << 20), "read");
  return {AsBytes(text).begin(), AsBytes(text).end()};
}

Result<> Inflict(const Damage& damage, Sqlite& database) {
  auto update = TRY(
      database.Prepare("UPDATE transactions SET state = ?, plan = ?, reason = ? WHERE ended = 0"));
  update.Bind(engine::StateName(damage.state));
  damage.documents[0].empty() ? update.BindNull() : update.Bind(damage.documents[0]);
  TRY(update.Bind(damage.has_reason ? "health" : "").Run());
  auto set = [&](const char* sql, const std::string& document) -> Result<> {
    if (document.empty()) return {};
    auto statement = TRY(database.Prepare(sql));
    return statement.Bind(document).Run();
  };
  TRY(set("UPDATE components SET record = ?", damage.documents[1]));
  TRY(set("UPDATE deployments SET health = ?", damage.documents[2]));
  return set("UPDATE releases SET record = ?", damage.documents[3]);
}

const Target kRecovery{
    "recovery", [](ByteView input) {
      static const Bytes sample = SampleJournal();
      Damage damage(input);
      fakes::FakeProbe probe;
      FileSystem& files = *probe.real_files;
      Promised(files.MakeDirectories(probe.paths.State(), 0755), "a probe has a state");
      Promised(files.WriteAtomically(probe.paths.Journal(), sample, 0600), "and a journal");
      {
        Sqlite database =
            Promised(Sqlite::Open(probe.paths.Journal(), Sqlite::Mode::kReadWriteCreate), "opened");
        Promised(Inflict(damage, database), "documents can be exchanged");
      }
      Promised(files.MakeDirectories(probe.Path("/opt/web/releases/1.0-t1"), 0755), "a release");
      std::vector<std::string> precious;
      for (const char* folder : {"/", "/private", "/etc/ignite", "/opt", "/opt/web"}) {
        Promised(files.MakeDirectories(probe.Path(folder), 0755), "a folder can be made");
        precious.push_back(probe.Path(folder) + "/precious");
        Promised(files.WriteAtomically(precious.back(), AsBytes(kPrecious), 0644), "and a file");
      }
      if (damage.is_active)
        Promised(files.ReplaceSymlink(probe.paths.Active(), "deployments/2"), "a switch");
      auto recovered = probe.Recover();
      PromiseGoodError(recovered);
      for (const std::string& path : precious) {
        auto content = files.ReadFile(path, 1000);
        Promise(content && *content == kPrecious, "recovery touches nothing that is not ignite's");
      }
    }};

}  // namespace
}  // namespace ignite::fuzz
