#include "agent/handlers/os_tree_handler.h"

#include "agent/handlers/tree_comparison.h"
#include "agent/handlers/tree_staging.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::Change;
using engine::ComponentRecord;
using engine::Slot;
using format::TreeSpec;

Result<TreeSpec> SpecOf(const ComponentRecord& record) {
  return TreeSpec::FromJson(record.spec, record.component);
}

uint64_t Without(uint64_t need, uint64_t freed) { return need > freed ? need - freed : 0; }

}  // namespace

Result<> OsTreeHandler::CheckPayload(const format::PayloadInfo& payload) const {
  return TreeSpec::Check(payload);
}

Result<std::vector<std::string>> OsTreeHandler::Places(const ComponentRecord&) const {
  std::vector<std::string> places;
  auto booted = boot_.Booted();
  if (!booted) return places;
  const std::string& path = settings_.PlaceOf(OtherThan(*booted)).path;
  if (!path.empty()) places.push_back(path);
  return places;
}

std::string OsTreeHandler::PlaceOf(Slot slot) const {
  return paths_.Host(settings_.PlaceOf(slot).path);
}

std::string OsTreeHandler::TableOf(const ComponentRecord& record) const {
  return paths_.Table(record.component, record.release);
}

Result<SlotContent> OsTreeHandler::LookInto(Slot slot) const {
  Slot running = OtherThan(slot);
  PlacesInUse in_use;
  if (!settings_.PlaceOf(running).path.empty()) in_use.running_slot = PlaceOf(running);
  in_use.others = {paths_.Root(), paths_.State()};
  return LookIntoSlot(files_, PlaceOf(slot), in_use);
}

Result<std::vector<engine::SpaceNeed>> OsTreeHandler::SpaceNeeds(const Change& change) const {
  std::vector<engine::SpaceNeed> needs;
  if (!change.to) return needs;
  TreeSpec spec = TRY(SpecOf(*change.to));
  auto booted = boot_.Booted();
  if (!booted || settings_.PlaceOf(OtherThan(*booted)).path.empty()) return needs;
  // Of a slot that could not be written CheckTargets tells.
  auto former = LookInto(OtherThan(*booted));
  if (!former) return needs;
  needs.push_back({PlaceOf(OtherThan(*booted)), Without(spec.bytes, former->bytes),
                   Without(spec.entries, former->inodes)});
  needs.push_back({paths_.State(), spec.entries * TreeStaging::kTableBytesPerEntry, 1});
  return needs;
}

Result<> OsTreeHandler::CheckSlot(Slot slot, const ComponentRecord&) const {
  TRY(LookInto(slot));
  return {};
}

Result<std::unique_ptr<engine::Staging>> OsTreeHandler::OpenSlot(Slot slot,
                                                                 const ComponentRecord& record,
                                                                 engine::Watch) {
  // Minutes may lie between the checks and this.
  TRY(LookInto(slot));
  TreeSpec spec = TRY(SpecOf(record));
  TreeStaging::Target target{PlaceOf(slot), TableOf(record), TreeStaging::Folder::kEmptied};
  // The room is what the slot gives back, and cannot be held before that.
  SpaceReserve nothing(files_, StrCat(target.table, ".reserve"), 0);
  return std::unique_ptr<engine::Staging>(
      std::make_unique<TreeStaging>(files_, Accounts::ById(), spec.Rules(record.component),
                                    std::move(target), std::move(nothing)));
}

Result<> OsTreeHandler::Discard(const ComponentRecord& record) {
  return files_.RemoveFile(TableOf(record));
}

Result<bool> OsTreeHandler::SlotIsWhole(Slot slot, const ComponentRecord& record) const {
  if (!TRY(files_.Inspect(TableOf(record)))) return false;
  return TRY(CompareTree(files_, Accounts::ById(), PlaceOf(slot), TableOf(record),
                         CompareWhat::kPresence))
      .empty();
}

Result<std::vector<std::string>> OsTreeHandler::CompareSlot(Slot slot,
                                                            const ComponentRecord& record,
                                                            Compare compare) const {
  if (!TRY(files_.Inspect(TableOf(record))))
    return std::vector<std::string>{StrCat("the file table of ", record.release, " is missing")};
  return CompareTree(files_, Accounts::ById(), PlaceOf(slot), TableOf(record), WhatOf(compare));
}

}  // namespace ignite::handlers
