// What must be true of a probe: its deployments as the design promises them, from nothing but what
// the story asked for and what the engine answered. Every difference is a Violation.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/engine/engine.h"
#include "tests/sim/machine.h"

namespace ignite::sim {

struct Deployment {
  int64_t number = 0;
  std::string content_id;
  uint32_t epoch = 0;
  View view;
  std::vector<int64_t> made_by;  ///< Of each release in view: the deployment it came with.
};

/// Something the story asked for that makes a deployment, where it succeeds.
struct Intent {
  std::string name;                    ///< Of the bundle's file; empty for a rollback.
  const PoolBundle* bundle = nullptr;  ///< nullptr for a rollback.
  std::optional<int64_t> to;
};

class Model {
 public:
  Model(const Pool& pool, Machine& machine) : pool_(pool), machine_(machine) {}

  const std::vector<Deployment>& deployments() const { return deployments_; }
  int64_t current() const { return deployments_.empty() ? 0 : deployments_.back().number; }
  /// Whether the engine may have done what has not been looked at yet.
  bool is_uncertain() const { return !pending_.empty(); }
  /// Whether everything was held when the probe was last at rest.
  bool holds_all() const { return holds_all_; }

  void Asked(Intent intent) { pending_.push_back(std::move(intent)); }
  /// What a caller was told stays so.
  void Told(const engine::Verdict& verdict);
  /// How an intent must end where nothing disturbs it; `is_free` of holds.
  engine::State Expected(const Intent& intent, bool is_free) const;
  /// Whether it returns to a system that may be in neither slot any more: something that failed has
  /// begun to write the slot that does not run.
  bool MayLackSystem(const Intent& intent) const;
  /// Whether it is what the probe runs already.
  bool RunsAlready(const Intent& intent) const;

  /// Whoever is started sees one deployment: the current, or one that is being tried.
  void CheckStart(const View& live) const;
  /// After a recovery that nothing disturbed: the probe is at rest, and all of it agrees.
  void CheckAtRest();

 private:
  View ViewOf(const std::vector<engine::ComponentRecord>& components) const;
  std::optional<Deployment> Next(const Intent& intent,
                                 const std::vector<Deployment>& deployments) const;
  static const Deployment* Target(const Intent& intent, const std::vector<Deployment>& deployments);
  std::string NameOf(const Intent& intent) const;
  /// The deployment that its system came with, 0 from the factory.
  int64_t SystemOf(const Deployment& deployment) const;
  int64_t RunningSystem() const;
  void Commit(const Intent& intent);
  void Prune();

  void CheckLinks(const View& view) const;
  void TakeHistory(engine::Journal& journal);
  void CheckDeployments(const std::vector<engine::DeploymentRecord>& records) const;
  void CheckLeftovers(const std::vector<engine::DeploymentRecord>& records) const;
  void CheckNames(const std::string& folder, const std::vector<std::string>& expected) const;

  const Pool& pool_;
  Machine& machine_;
  std::vector<Deployment> deployments_;  ///< Kept ones, oldest first; the last one runs.
  std::deque<Intent> pending_;
  std::optional<int64_t> other_system_;  ///< In the slot that does not run, as SystemOf.
  bool other_is_doubtful_ = false;
  std::map<int64_t, engine::State> told_;
  std::map<std::string, uint64_t> counter_floors_;  ///< By kind.
  uint32_t epoch_floor_ = 0;
  int64_t time_floor_ = 0;
  bool holds_all_ = false;
  std::vector<engine::HistoryEntry> history_;
};

}  // namespace ignite::sim
