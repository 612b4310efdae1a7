#include "agent/init/entry.h"

namespace ignite::init {

using engine::SlotRecord;

namespace {

Result<> Write(FileSystem& files, const std::string& slot_file, std::string_view before,
               const SlotRecord& record) {
  engine::SlotWrite write = engine::NextSlotWrite(before, record);
  return files.Overwrite(slot_file, write.offset, AsBytes(write.bytes));
}

}  // namespace

Entry ChooseEntry(FileSystem& files, const std::string& slot_file) {
  auto file = files.ReadFile(slot_file, engine::kSlotFileBytes);
  // A container is new until its agent writes the file for the first time.
  if (!file && file.error().code == ErrorCode::kNotFound) return {};
  if (!file) return {.complaint = file.error().ToString()};
  auto record = engine::ReadSlotFile(*file);
  if (!record) return {.complaint = slot_file + " is damaged: it names no good slot"};

  const engine::SlotChoice& choice = record->choice;
  if (choice.tries == 0) return {.slot = choice.good};
  Result<> counted = Write(files, slot_file, *file, {choice.AfterBoot(), record->deadline_seconds});
  if (!counted) return {.slot = choice.good, .complaint = counted.error().ToString()};
  return {choice.Next(), true, record->deadline_seconds, {}};
}

Result<> GiveUpTrial(FileSystem& files, const std::string& slot_file) {
  std::string file = TRY(files.ReadFile(slot_file, engine::kSlotFileBytes));
  auto record = engine::ReadSlotFile(file);
  if (!record || record->choice.tries == 0) return {};
  record->choice.tries = 0;
  return Write(files, slot_file, file, *record);
}

}  // namespace ignite::init
