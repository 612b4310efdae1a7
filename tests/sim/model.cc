#include "tests/sim/model.h"

#include <algorithm>
#include <set>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite::sim {

using engine::State;
using engine::StateName;
using fakes::MemoryDisk;
using fakes::Must;

namespace {

void Demand(bool holds, const std::string& what) {
  if (!holds) throw Violation{what};
}

std::string Text(const View& view) {
  std::string text;
  for (const Edition* edition : view) {
    if (edition != nullptr)
      text += StrCat(text.empty() ? "" : ", ", edition->component, " ", edition->version);
  }
  return text.empty() ? "nothing" : text;
}

bool HasBroken(const View& view) {
  return std::any_of(view.begin(), view.end(), [](const Edition* edition) {
    return edition != nullptr && (edition->is_broken || !edition->starts);
  });
}

bool BringsSystem(const Intent& intent) {
  return intent.bundle != nullptr &&
         std::any_of(intent.bundle->editions.begin(), intent.bundle->editions.end(),
                     [](const Edition* edition) { return edition->IsSystem(); });
}

}  // namespace

const Deployment* Model::Target(const Intent& intent, const std::vector<Deployment>& deployments) {
  if (deployments.empty()) return nullptr;
  int64_t current = deployments.back().number;
  int64_t number = intent.to.value_or(current - 1);
  auto found = std::find_if(deployments.begin(), deployments.end(),
                            [&](const Deployment& d) { return d.number == number; });
  return found == deployments.end() || number == current ? nullptr : &*found;
}

std::optional<Deployment> Model::Next(const Intent& intent,
                                      const std::vector<Deployment>& deployments) const {
  Deployment next;
  next.view = View(pool_.places().size());
  next.made_by.resize(pool_.places().size());
  if (!deployments.empty()) next = deployments.back();
  int64_t number = next.number + 1;
  if (intent.bundle == nullptr) {
    const Deployment* target = Target(intent, deployments);
    if (target == nullptr) return std::nullopt;
    next = *target;
  } else {
    if (intent.bundle->flaw != Flaw::kNone) return std::nullopt;
    next.content_id = intent.bundle->content_id;
    next.epoch = intent.bundle->epoch;
    for (const Edition* edition : intent.bundle->editions) {
      for (size_t i = 0; i < next.view.size(); ++i) {
        if (pool_.places()[i]->component != edition->component) continue;
        next.view[i] = edition;
        next.made_by[i] = number;
      }
    }
  }
  next.number = number;
  return next;
}

int64_t Model::SystemOf(const Deployment& deployment) const {
  return deployment.made_by[pool_.PlaceOfSystem()];
}

int64_t Model::RunningSystem() const {
  return deployments_.empty() ? 0 : SystemOf(deployments_.back());
}

bool Model::MayLackSystem(const Intent& intent) const {
  const Deployment* target = intent.bundle == nullptr ? Target(intent, deployments_) : nullptr;
  return target != nullptr && other_is_doubtful_ && SystemOf(*target) != RunningSystem();
}

std::string Model::NameOf(const Intent& intent) const {
  if (intent.bundle != nullptr) return intent.name;
  int64_t to = intent.to.value_or(current() - 1);
  return intent.to || to > 0 ? StrCat("rollback to ", to) : "rollback";
}

bool Model::RunsAlready(const Intent& intent) const {
  if (deployments_.empty()) return false;
  if (intent.bundle == nullptr) {
    const Deployment* target = Target(intent, deployments_);
    return target != nullptr && target->made_by == deployments_.back().made_by;
  }
  return intent.bundle->flaw == Flaw::kNone &&
         deployments_.back().content_id == intent.bundle->content_id;
}

State Model::Expected(const Intent& intent, bool is_free) const {
  auto next = Next(intent, deployments_);
  if (!next) return State::kRefused;
  if (RunsAlready(intent)) return State::kCommitted;
  if (intent.bundle == nullptr) {
    int64_t system = SystemOf(*next);
    if (system != RunningSystem() && system != other_system_) return State::kRefused;
  }
  if (next->epoch < epoch_floor_) return State::kRefused;
  if (intent.bundle != nullptr) {
    auto floor = counter_floors_.find(std::string(format::KindName(intent.bundle->kind)));
    if (floor != counter_floors_.end() && intent.bundle->counter < floor->second)
      return State::kRefused;
    bool has_required =
        intent.bundle->required.empty() || deployments_.empty()
            ? intent.bundle->required.empty()
            : std::any_of(deployments_.back().view.begin(), deployments_.back().view.end(),
                          [&](const Edition* edition) {
                            return edition != nullptr &&
                                   edition->component == intent.bundle->required;
                          });
    if (!is_free || !has_required) return State::kRefused;
  }
  return HasBroken(next->view) ? State::kRolledBack : State::kCommitted;
}

void Model::Told(const engine::Verdict& verdict) {
  if (!engine::IsFinal(verdict.state) || verdict.transaction == 0) return;
  auto [known, is_new] = told_.emplace(verdict.transaction, verdict.state);
  Demand(is_new || known->second == verdict.state,
         StrCat("transaction ", verdict.transaction, " was told to be ", StateName(known->second),
                " and now ", StateName(verdict.state)));
}

void Model::CheckStart(const View& live) const {
  std::vector<std::vector<Deployment>> possible{deployments_};
  for (const Intent& intent : pending_) {
    for (size_t i = possible.size(); i-- > 0;) {
      auto next = Next(intent, possible[i]);
      if (!next) continue;
      possible.push_back(possible[i]);
      possible.back().push_back(*std::move(next));
    }
  }
  bool is_one = std::any_of(possible.begin(), possible.end(), [&](const auto& deployments) {
    return !deployments.empty() && deployments.back().view == live;
  });
  Demand(is_one, StrCat("units are started with ", Text(live), ", which is no deployment"));
  CheckLinks(live);
}

void Model::CheckLinks(const View& view) const {
  for (const std::string& link : pool_.links()) {
    const Edition* owner = nullptr;
    for (const Edition* edition : view) {
      if (edition != nullptr && edition->link == link) owner = edition;
    }
    auto found = machine_.disk.Find(machine_.paths.Host(link), MemoryDisk::Follow::kAll);
    if (owner == nullptr) {
      auto there = machine_.disk.Find(machine_.paths.Host(link), MemoryDisk::Follow::kNotTheLast);
      Demand(there.node == nullptr, StrCat(link, " is there with ", Text(view)));
      continue;
    }
    std::string text = StrCat(owner->component, " ", owner->version);
    Demand(found.node != nullptr && AsText(found.node->content) == text,
           StrCat(link, " does not lead to ", text));
  }
}

void Model::Commit(const Intent& intent) {
  auto next = Next(intent, deployments_);
  Demand(next.has_value(), StrCat(NameOf(intent), " was committed and cannot have been"));
  Demand(!HasBroken(next->view), StrCat(NameOf(intent), " was committed and is broken"));
  int64_t system = RunningSystem();
  deployments_.push_back(*std::move(next));
  if (RunningSystem() != system) {
    other_system_ = system;
    other_is_doubtful_ = false;
  }
  Prune();
  if (intent.bundle == nullptr) return;
  uint64_t& floor = counter_floors_[std::string(format::KindName(intent.bundle->kind))];
  floor = std::max(floor, intent.bundle->counter);
  epoch_floor_ = std::max(epoch_floor_, intent.bundle->epoch);
  for (const Edition* edition : intent.bundle->editions)
    time_floor_ = std::max(time_floor_, IssuedOn(*edition));
}

/// The newest stay, and older ones as long as there are not so many sets of releases.
void Model::Prune() {
  auto keep = static_cast<size_t>(machine_.settings.keep_deployments);
  std::set<std::vector<int64_t>> newer;
  size_t seen = 0;
  for (size_t i = deployments_.size(); i-- > 0; ++seen) {
    bool is_another = newer.size() < keep && !newer.contains(deployments_[i].made_by);
    newer.insert(deployments_[i].made_by);
    if (seen >= keep && !is_another)
      deployments_.erase(deployments_.begin() + static_cast<ptrdiff_t>(i));
  }
}

void Model::TakeHistory(engine::Journal& journal) {
  auto history = Must(journal.History());
  if (auto fault = engine::FindHistoryFault(history)) throw Violation{"the history: " + *fault};
  Demand(history.size() >= history_.size(), "the history has lost an entry");
  for (size_t i = 0; i < history_.size(); ++i)
    Demand(history[i].hash == history_[i].hash, "the history was written anew");
  std::set<int64_t> ended;
  for (size_t i = history_.size(); i < history.size(); ++i) {
    auto record =
        Must(engine::TransactionRecord::FromJson(Must(Json::ParseStored(history[i].text))));
    Demand(ended.insert(record.id).second, StrCat("transaction ", record.id, " ended twice"));
    while (!pending_.empty() && NameOf(pending_.front()) != record.bundle) pending_.pop_front();
    Demand(!pending_.empty(), StrCat("nobody asked for ", record.bundle));
    if (record.state == State::kCommitted)
      Commit(pending_.front());
    else if (BringsSystem(pending_.front()))
      other_is_doubtful_ = true;
    pending_.pop_front();
    auto told = told_.find(record.id);
    if (told == told_.end()) continue;
    Demand(told->second == record.state,
           StrCat("transaction ", record.id, " was told to be ", StateName(told->second),
                  ", but it is ", StateName(record.state)));
    told_.erase(told);
  }
  pending_.clear();
  Demand(told_.empty(), "a transaction that was told to have ended is not in the history");
  history_ = std::move(history);
}

View Model::ViewOf(const std::vector<engine::ComponentRecord>& components) const {
  View view(pool_.places().size());
  for (const engine::ComponentRecord& record : components) {
    for (size_t i = 0; i < view.size(); ++i) {
      if (pool_.places()[i]->component == record.component)
        view[i] = pool_.Find(record.component, record.version);
    }
  }
  return view;
}

void Model::CheckDeployments(const std::vector<engine::DeploymentRecord>& records) const {
  Demand(
      records.size() == deployments_.size(),
      StrCat("the journal has ", records.size(), " deployments instead of ", deployments_.size()));
  for (size_t i = 0; i < records.size(); ++i) {
    const Deployment& expected = deployments_[i];
    std::string name = StrCat("deployment ", expected.number);
    Demand(records[i].number == expected.number, name + " is not in the journal");
    Demand(records[i].content_id == expected.content_id, name + " is of another content");
    Demand(ViewOf(records[i].components) == expected.view, name + " is not what it was");
  }
}

void Model::CheckNames(const std::string& folder, const std::vector<std::string>& expected) const {
  auto found = machine_.disk.Find(machine_.paths.Host(folder), MemoryDisk::Follow::kAll);
  std::vector<std::string> names;
  if (found.node != nullptr) {
    for (const auto& [name, node] : found.node->names) names.push_back(name);
  }
  std::set<std::string> wanted(expected.begin(), expected.end());
  Demand(std::includes(wanted.begin(), wanted.end(), names.begin(), names.end()) &&
             names.size() == wanted.size(),
         StrCat(folder, " holds ", names.size(), " entries instead of ", wanted.size(),
                names.empty() ? "" : ", among them ", names.empty() ? "" : names.back()));
}

void Model::CheckLeftovers(const std::vector<engine::DeploymentRecord>& records) const {
  std::vector<std::string> numbers;
  std::map<std::string, std::vector<std::string>> releases;
  for (const Edition* place : pool_.places()) releases[place->component];
  for (const auto& record : records) {
    numbers.push_back(std::to_string(record.number));
    for (const auto& component : record.components)
      releases[component.component].push_back(component.release);
  }
  const std::string state(engine::ProbePaths::kState);
  CheckNames(state + "/deployments", numbers);
  for (size_t i = 0; i < pool_.places().size(); ++i) {
    const Edition* place = pool_.places()[i];
    const auto& kept = releases[place->component];
    if (!place->IsSystem()) CheckNames(place->Releases(), kept);
    if (place->IsLicence()) continue;
    CheckNames(StrCat(state, "/tables/", place->component), kept);
    if (place->IsSystem()) continue;
    bool is_live = !deployments_.empty() && deployments_.back().view[i] != nullptr;
    auto found = machine_.disk.Find(machine_.paths.Host(place->path), MemoryDisk::Follow::kAll);
    if (found.node == nullptr) continue;
    for (const auto& [name, node] : found.node->names) {
      Demand(name == "releases" || (is_live && name == "current"),
             StrCat(place->path, "/", name, " is left over"));
    }
  }
}

void Model::CheckAtRest() {
  auto journal = Must(engine::Journal::OpenForReading(machine_.paths.Journal()));
  if (auto unfinished = Must(journal.Unfinished()))
    throw Violation{
        StrCat("transaction ", unfinished->id, " is still ", StateName(unfinished->state))};
  TakeHistory(journal);
  const auto kept = Must(journal.Deployments());
  CheckDeployments(kept);
  holds_all_ = Must(journal.IsHeld(engine::Journal::kEverything));
  Demand(Must(journal.TimeFloor()) == time_floor_,
         "the latest day of issue that was committed is not the one of the journal");
  View expected = deployments_.empty() ? View(pool_.places().size()) : deployments_.back().view;
  View live = machine_.Live();
  Demand(live == expected, StrCat("live is ", Text(live), ", the journal says ", Text(expected)));
  CheckLinks(live);
  auto active = machine_.disk.Find(machine_.paths.Active(), MemoryDisk::Follow::kNotTheLast);
  std::string target = active.node == nullptr ? "" : active.node->target;
  Demand(target == (current() == 0 ? "" : StrCat("deployments/", current())),
         StrCat("active leads to '", target, "', current is ", current()));
  CheckLeftovers(kept);
  machine_.CheckRunning();
  size_t units = 0;
  for (const Edition* edition : expected)
    units += edition != nullptr && !edition->unit.empty() ? 1 : 0;
  Demand(machine_.running.size() == units,
         StrCat(machine_.running.size(), " units run instead of ", units));
}

}  // namespace ignite::sim
