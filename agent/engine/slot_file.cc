#include "agent/engine/slot_file.h"

#include <array>
#include <charconv>

#include "base/str_cat.h"

namespace ignite::engine {
namespace {

struct Copy {
  uint64_t number = 0;  ///< Of the write that made it.
  SlotRecord record;
};

/// FNV-1a: it has to find a torn write, and withstands nobody.
uint64_t Checksum(std::string_view text) {
  uint64_t sum = 0xcbf29ce484222325;
  for (char c : text) sum = (sum ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return sum;
}

std::string Encode(const Copy& copy) {
  const SlotRecord& record = copy.record;
  std::string line =
      StrCat("ignite slots 1: write ", copy.number, ", good ", SlotName(record.choice.good),
             ", tries ", record.choice.tries, ", deadline ", record.deadline_seconds, " s, sum ");
  std::array<char, 16> digits{};
  auto end = std::to_chars(digits.begin(), digits.end(), Checksum(line), 16).ptr;
  line.append(digits.begin(), end).push_back('\n');
  line.resize(kSlotCopyBytes);
  return line;
}

/// Takes a number and the word behind it off the front of a line.
bool Take(std::string_view& rest, auto& number, std::string_view word) {
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return false;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  if (!rest.starts_with(word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

bool Take(std::string_view& rest, std::string_view word) {
  if (!rest.starts_with(word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

std::optional<Copy> Decode(std::string_view block) {
  Copy copy;
  std::string_view rest = block;
  if (!Take(rest, "ignite slots 1: write ") || !Take(rest, copy.number, ", good ")) return {};
  auto good = ParseSlot(rest.substr(0, 1));
  if (!good) return {};
  copy.record.choice.good = *good;
  rest.remove_prefix(1);
  if (!Take(rest, ", tries ") || !Take(rest, copy.record.choice.tries, ", deadline ") ||
      !Take(rest, copy.record.deadline_seconds, " s, sum ")) {
    return {};
  }
  // One text for one meaning: what is not the very bytes that we would write is not ours.
  if (Encode(copy) != block) return {};
  return copy;
}

std::string_view Block(std::string_view file, size_t index) {
  size_t offset = index * kSlotCopyBytes;
  return file.size() < offset ? std::string_view() : file.substr(offset, kSlotCopyBytes);
}

struct Newest {
  std::optional<Copy> copy;
  size_t index = 0;
};

Newest FindNewest(std::string_view file) {
  Newest newest;
  for (size_t index = 0; index < 2; ++index) {
    auto copy = Decode(Block(file, index));
    if (copy && (!newest.copy || copy->number > newest.copy->number)) newest = {copy, index};
  }
  return newest;
}

}  // namespace

std::optional<SlotRecord> ReadSlotFile(std::string_view file) {
  auto copy = FindNewest(file).copy;
  if (!copy) return std::nullopt;
  return copy->record;
}

SlotWrite NextSlotWrite(std::string_view file, const SlotRecord& record) {
  Newest newest = FindNewest(file);
  if (!newest.copy) return {0, Encode({1, record})};
  return {(1 - newest.index) * kSlotCopyBytes, Encode({newest.copy->number + 1, record})};
}

std::string NewSlotFile(const SlotRecord& record) {
  return Encode({1, record}) + std::string(kSlotCopyBytes, '\0');
}

}  // namespace ignite::engine
