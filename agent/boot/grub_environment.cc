#include "agent/boot/grub_environment.h"

#include <algorithm>
#include <optional>

#include "base/str_cat.h"

namespace ignite::boot {
namespace {

using engine::Slot;
using engine::SlotChoice;

constexpr std::string_view kFirstLine = "# GRUB Environment Block\n";

char Encode(const SlotChoice& choice) {
  if (choice.tries == 0) return choice.good == Slot::kA ? 'a' : 'b';
  char once = choice.good == Slot::kA ? '1' : 'A';
  return static_cast<char>(once + choice.tries - 1);
}

SlotChoice Decode(char value) {
  if (value == 'b') return {Slot::kB, 0};
  if (value >= '1' && value <= '9') return SlotChoice::Trial(Slot::kB, value - '1' + 1);
  if (value >= 'A' && value <= 'I') return SlotChoice::Trial(Slot::kA, value - 'A' + 1);
  return {};
}

Error Unset(std::string_view cause) {
  return {ErrorCode::kCorrupt, StrCat("the variable ", kGrubVariable, ": ", cause),
          StrCat("take it away with 'grub-editenv FILE unset ", kGrubVariable, "'")};
}

struct Value {
  size_t offset = 0;
  size_t size = 0;
};

/// Where the value of our variable lies. As GRUB reads: a name reaches up to the next '=', also
/// over a line end, and what no line end closes is not there.
Result<std::optional<Value>> FindValue(std::string_view block) {
  if (!block.starts_with(kFirstLine)) {
    return Error{ErrorCode::kCorrupt, "it is no environment block of GRUB",
                 "make it anew with 'grub-editenv FILE create'"};
  }
  std::optional<Value> found;
  size_t place = kFirstLine.size();
  while (place < block.size()) {
    size_t end = place;
    if (block[place] == '#') {
      end = block.find('\n', place);
    } else {
      size_t sign = block.find('=', place);
      if (sign == std::string_view::npos) break;
      end = sign + 1;
      while (end < block.size() && block[end] != '\n') end += block[end] == '\\' ? 2 : 1;
      if (end < block.size() && block.substr(place, sign - place) == kGrubVariable) {
        // GRUB would read the last one, and count in the first one: a trial without an end.
        if (found) return Unset("it is there twice");
        found = Value{sign + 1, end - sign - 1};
      }
    }
    if (end >= block.size()) break;
    place = end + 1;
  }
  return found;
}

}  // namespace

Result<SlotChoice> ReadGrubChoice(std::string_view block) {
  auto value = TRY(FindValue(block));
  if (!value || value->size != 1) return SlotChoice{};
  return Decode(block[value->offset]);
}

Result<GrubWrite> PlanGrubWrite(std::string_view block, const SlotChoice& choice) {
  auto value = TRY(FindValue(block));
  if (value && value->size != 1) return Unset("its value is not one letter");
  // Between the two lies the beginning of a line that was cut off: GRUB does not read it, and
  // writes nothing into a block that has one.
  size_t begin = block.rfind('\n') + 1;
  size_t free = block.find_last_not_of('#') + 1;
  if (value) {
    GrubWrite write{value->offset, std::string(1, Encode(choice))};
    if (free > begin) {
      write.bytes += block.substr(value->offset + 1, begin - value->offset - 1);
      write.bytes.append(free - begin, '#');
    }
    return write;
  }
  std::string line = StrCat(kGrubVariable, "=", std::string(1, Encode(choice)), "\n");
  if (block.size() - begin < line.size()) {
    return Error{ErrorCode::kNoSpace, StrCat("it has no room for ", kGrubVariable),
                 "take a variable out with 'grub-editenv FILE unset NAME'"};
  }
  if (free > begin + line.size()) line.append(free - begin - line.size(), '#');
  return GrubWrite{begin, std::move(line)};
}

}  // namespace ignite::boot
