#include "agent/handlers/slot_notes.h"

#include "base/json.h"
#include "base/str_cat.h"

namespace ignite::handlers {
namespace {

using engine::Slot;
using engine::SlotName;

constexpr size_t kMaxBytes = 65536;
constexpr mode_t kReadable = 0644;

std::string FileOf(const engine::ProbePaths& paths) { return paths.State() + "/slots.json"; }

size_t IndexOf(Slot slot) { return static_cast<size_t>(slot); }

}  // namespace

Result<SlotNotes::Held> SlotNotes::Read(Slot booted) const {
  Held held;
  std::string path = FileOf(paths_);
  if (!TRY(files_.Inspect(path))) {
    held[IndexOf(booted)] = kFromBefore;
    return held;
  }
  auto text = files_.ReadFile(path, kMaxBytes);
  if (!text && text.error().code != ErrorCode::kCorrupt) return std::move(text).error();
  auto parsed = text ? Json::ParseStored(*text) : Result<Json>(Json());
  Json notes = parsed ? *std::move(parsed) : Json();
  for (Slot slot : {Slot::kA, Slot::kB}) {
    const Json* note = notes.Find(SlotName(slot));
    if (const std::string* release = note == nullptr ? nullptr : note->AsString())
      held[IndexOf(slot)] = *release;
  }
  return held;
}

Result<std::optional<Slot>> SlotNotes::Find(std::string_view held, Slot booted) const {
  Held all = TRY(Read(booted));
  for (Slot slot : {Slot::kA, Slot::kB}) {
    if (all[IndexOf(slot)] == held) return std::optional(slot);
  }
  return std::optional<Slot>();
}

Result<> SlotNotes::Set(Slot slot, std::string_view held, Slot booted) {
  Held all = TRY(Read(booted));
  all[IndexOf(slot)] = held;
  Json notes = Json::EmptyObject();
  for (Slot each : {Slot::kA, Slot::kB}) notes.Set(std::string(SlotName(each)), all[IndexOf(each)]);
  return files_.WriteAtomically(FileOf(paths_), AsBytes(notes.Dump() + "\n"), kReadable);
}

}  // namespace ignite::handlers
