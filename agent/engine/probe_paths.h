// Where everything of a probe lies. Probe paths are absolute as the probe sees them; host paths
// have the root in front.
#pragma once

#include <string>
#include <string_view>

#include "base/str_cat.h"

namespace ignite::engine {

class ProbePaths {
 public:
  /// `root` is "/" on a real probe.
  explicit ProbePaths(std::string root) : prefix_(std::move(root)) {
    while (prefix_.ends_with('/')) prefix_.pop_back();
  }

  bool IsRealRoot() const { return prefix_.empty(); }
  std::string Root() const { return IsRealRoot() ? "/" : prefix_; }
  std::string Host(std::string_view probe_path) const { return StrCat(prefix_, probe_path); }

  std::string Settings() const { return Host("/etc/ignite/agent.ini"); }
  std::string Keyring() const { return Host("/etc/ignite/keyring.json"); }
  std::string Identity() const { return Host("/etc/ignite/identity.key"); }
  std::string Identities() const { return Host("/etc/ignite/identities.d"); }
  std::string Inbox() const { return Host("/srv/ignite/inbox"); }
  std::string Outbox() const { return Host("/srv/ignite/outbox"); }

  static constexpr std::string_view kState = "/var/lib/ignite";
  std::string State() const { return Host(kState); }
  std::string Journal() const { return State() + "/journal.db"; }
  std::string Lock() const { return State() + "/lock"; }
  /// What the probe signs its history with.
  std::string ProbeKey() const { return State() + "/probe.key"; }
  std::string Progress() const { return State() + "/progress.json"; }
  /// The number of a transaction that is to be cancelled.
  std::string Cancel() const { return State() + "/cancel"; }
  std::string Active() const { return State() + "/active"; }
  std::string Deployments() const { return State() + "/deployments"; }
  std::string Deployment(int64_t number) const { return StrCat(Deployments(), "/", number); }
  /// The file table of a release: what `ignite verify` compares the live tree with.
  std::string Table(std::string_view component, std::string_view release) const {
    return StrCat(State(), "/tables/", component, "/", release);
  }
  /// The programs that a release of a configuration or of a database brought.
  std::string Programs(std::string_view component, std::string_view release) const {
    return StrCat(State(), "/programs/", component, "/", release);
  }

 private:
  std::string prefix_;
};

}  // namespace ignite::engine
