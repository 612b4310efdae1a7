#include "agent/engine/policy.h"

#include <algorithm>
#include <array>

#include "agent/engine/reads.h"
#include "agent/engine/space.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/manifest/places.h"

namespace ignite::engine {
namespace {

CheckResult Pass(std::string cause) { return {{}, true, std::move(cause), {}}; }
CheckResult Fail(std::string cause, std::string remedy) {
  return {{}, false, std::move(cause), std::move(remedy)};
}

CheckResult Unmade(const Error& error) {
  return {{}, false, StrCat("it cannot be checked: ", error.cause), error.remedy, false};
}

Result<CheckResult> CheckProduct(const PolicyFacts& facts) {
  const std::string& wanted = facts.settings.product;
  if (facts.manifest.product == wanted) return Pass(StrCat("it is for ", wanted));
  return Fail(
      StrCat("the bundle is for the product ", facts.manifest.product, ", this probe is ", wanted),
      "upload the bundle that was made for this product");
}

Result<CheckResult> CheckCompatible(const PolicyFacts& facts) {
  const std::string& wanted = facts.settings.compatible;
  if (facts.manifest.compatible == wanted) return Pass(StrCat("it is for ", wanted));
  return Fail(StrCat("the bundle is for ", facts.manifest.compatible, ", this probe is ", wanted),
              "upload the bundle that was made for this kind of machine");
}

Result<CheckResult> CheckTypes(const PolicyFacts& facts) {
  std::string unknown;
  for (const auto& payload : facts.manifest.payloads) {
    const Handler* handler = facts.handlers.Find(payload.type, payload.component);
    if (handler == nullptr) {
      unknown +=
          StrCat(" payload type ", payload.type, " of the component ", payload.component, ";");
      continue;
    }
    if (!handler->BelongsTo(facts.manifest.kind)) {
      unknown += StrCat(" payload type ", payload.type, " in a bundle of the kind ",
                        format::KindName(facts.manifest.kind), ";");
    }
    if (auto checked = handler->CheckPayload(payload); !checked)
      unknown += StrCat(" ", checked.error().cause, ";");
  }
  for (const auto& check : facts.manifest.health) {
    if (!facts.health.Knows(check.type)) unknown += StrCat(" health check type ", check.type, ";");
  }
  if (facts.manifest.payloads.empty()) unknown += " no payload at all;";
  if (unknown.empty()) return Pass("everything in it is known here");
  unknown.pop_back();
  return Fail(StrCat("the bundle has what this agent cannot apply:", unknown),
              "update ignite-agent on this probe first");
}

Result<CheckResult> CheckRequires(const PolicyFacts& facts) {
  std::string missing;
  for (const auto& requirement : facts.manifest.requirements) {
    const ComponentRecord* installed =
        facts.current ? facts.current->Find(requirement.component) : nullptr;
    if (installed != nullptr && requirement.HoldsFor(installed->version)) continue;
    missing += StrCat(missing.empty() ? "" : ", ", requirement.ToString(),
                      " (here: ", installed == nullptr ? "none" : installed->version, ")");
  }
  if (missing.empty()) return Pass("what it requires is here");
  return Fail(StrCat("the bundle requires ", missing), "install the bundle that brings it first");
}

Result<CheckResult> CheckDataRead(const PolicyFacts& facts) {
  return CheckReads(facts.plan.components);
}

Result<CheckResult> CheckCounter(const PolicyFacts& facts) {
  if (facts.manifest.counter >= facts.counter_floor) {
    return Pass(StrCat("counter ", facts.manifest.counter, ", the floor is ", facts.counter_floor));
  }
  return Fail(StrCat("the bundle has the counter ", facts.manifest.counter, ", but ",
                     facts.counter_floor, " was committed here: it is older"),
              "upload a newer bundle; to return to a kept deployment use 'ignite rollback'");
}

Result<CheckResult> CheckEpoch(const PolicyFacts& facts) {
  if (facts.manifest.epoch >= facts.epoch_floor) {
    return Pass(StrCat("epoch ", facts.manifest.epoch, ", the floor is ", facts.epoch_floor));
  }
  return Fail(StrCat("the bundle is of epoch ", facts.manifest.epoch,
                     ", this probe has left it for epoch ", facts.epoch_floor),
              "upload a bundle of the present epoch: older ones are dangerous");
}

Result<CheckResult> CheckHold(const PolicyFacts& facts) {
  if (!facts.held) return Pass("it is not held");
  if (facts.holds_all && facts.origin == Origin::kEngineer)
    return Pass("uploads are held here; an install by hand goes on");
  if (facts.holds_all) {
    return Fail("an engineer holds every upload on this probe",
                "have an engineer run 'ignite unhold' there, then upload it again");
  }
  if (facts.origin == Origin::kEngineer)
    return Pass("it was held after a rollback; this install lifts the hold");
  return Fail(
      "this probe rolled this very content back before, so it is held",
      "upload a corrected release, or have an engineer run 'ignite install' with this bundle");
}

Result<CheckResult> CheckSystem(const PolicyFacts& facts) {
  if (!facts.wrong_system)
    return Pass("the operating system of this deployment runs, or has no slot");
  // It takes the place of that which does not come up: the last way out of a broken slot.
  if (facts.origin == Origin::kEngineer && TRY(SlotOf(facts.plan, facts.handlers)))
    return Pass("another operating system runs; the bundle brings one");
  const Error& error = facts.wrong_system->error;
  return Fail(error.cause, error.remedy);
}

/// Places that two components, or ignite itself, would fight for.
Result<std::vector<std::string>> FindOverlaps(const PolicyFacts& facts) {
  format::TakenPlaces places;
  std::vector<std::string> overlaps;
  for (const ComponentRecord& record : facts.plan.components) {
    Handler* handler = facts.handlers.Find(record);
    auto taken = handler == nullptr ? Result<std::vector<std::string>>(std::vector<std::string>())
                                    : handler->Places(record);
    if (!taken && taken.error().code == ErrorCode::kCorrupt) continue;  // CheckTypes has said it.
    for (const std::string& path : TRY(std::move(taken))) {
      auto other = places.Take({path, record.component});
      if (!other) continue;
      overlaps.push_back(StrCat(path, " of ", record.component, " and ", other->path, " of ",
                                other->owner, " are in each other's way"));
    }
  }
  return overlaps;
}

Result<CheckResult> CheckTargets(const PolicyFacts& facts) {
  std::string causes;
  std::string remedies;
  for (const std::string& overlap : TRY(FindOverlaps(facts))) {
    causes += StrCat(causes.empty() ? "" : "; ", overlap);
    remedies = "build the bundle anew with paths and links apart from each other";
  }
  for (const Change& change : facts.plan.changes) {
    Handler* handler = facts.handlers.Find(change.any());
    if (handler == nullptr) continue;
    auto findings = handler->CheckTargets(change);
    if (!findings && findings.error().code == ErrorCode::kCorrupt)
      continue;  // CheckTypes has said it.
    for (const CheckResult& finding : TRY(std::move(findings))) {
      causes += StrCat(causes.empty() ? "" : "; ", finding.cause);
      remedies += StrCat(remedies.empty() ? "" : "; ", finding.remedy);
    }
  }
  if (causes.empty()) return Pass("nothing is in its way");
  return Fail(std::move(causes), std::move(remedies));
}

Result<CheckResult> CheckRoom(const PolicyFacts& facts) {
  return CheckSpace(facts.plan, facts.files, facts.handlers);
}

struct NamedCheck {
  std::string_view id;
  Result<CheckResult> (*run)(const PolicyFacts& facts);
};

constexpr std::array kChecks = {
    NamedCheck{"product", CheckProduct}, NamedCheck{"compatible", CheckCompatible},
    NamedCheck{"types", CheckTypes},     NamedCheck{"requires", CheckRequires},
    NamedCheck{"reads", CheckDataRead},  NamedCheck{"counter", CheckCounter},
    NamedCheck{"epoch", CheckEpoch},     NamedCheck{"hold", CheckHold},
    NamedCheck{"system", CheckSystem},   NamedCheck{"targets", CheckTargets},
    NamedCheck{"space", CheckRoom},
};

}  // namespace

std::vector<CheckResult> RunChecks(const PolicyFacts& facts) {
  std::vector<CheckResult> results;
  for (const NamedCheck& check : kChecks) {
    auto made = check.run(facts);
    results.push_back(made ? *std::move(made) : Unmade(made.error()));
    results.back().id = check.id;
  }
  return results;
}

const CheckResult* FirstFailure(const std::vector<CheckResult>& checks) {
  auto failed = std::find_if(checks.begin(), checks.end(),
                             [](const CheckResult& check) { return !check.passed; });
  return failed == checks.end() ? nullptr : &*failed;
}

}  // namespace ignite::engine
