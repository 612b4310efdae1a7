#include "agent/outbox/words.h"

#include <algorithm>
#include <array>

#include "base/str_cat.h"
#include "base/terminal.h"

namespace ignite::outbox {
namespace {

struct Word {
  std::string_view name;
  const char* word;
};

constexpr std::array<Word, 14> kStates = {{
    {"waiting", Msgid("waiting")},
    {"received", Msgid("received")},
    {"verified", Msgid("verified")},
    {"staging", Msgid("staging")},
    {"staged", Msgid("staged")},
    {"applying", Msgid("applying")},
    {"trial", Msgid("trial")},
    {"committed", Msgid("committed")},
    {"rolling-back", Msgid("rolling back")},
    {"rolled-back", Msgid("rolled back")},
    {"refused", Msgid("refused")},
    {"failed", Msgid("failed")},
    {"cancelled", Msgid("cancelled")},
    {"stuck", Msgid("stuck")},
}};

constexpr std::array<Word, 6> kUnits = {{
    {"bytes", Msgid("bytes")},
    {"kB", Msgid("kB")},
    {"MB", Msgid("MB")},
    {"GB", Msgid("GB")},
    {"TB", Msgid("TB")},
    {"PB", Msgid("PB")},
}};

template <class Words>
std::string_view Find(Speaker say, const Words& words, std::string_view name) {
  auto found =
      std::find_if(words.begin(), words.end(), [&](const Word& word) { return word.name == name; });
  return found == words.end() ? name : say(found->word);
}

}  // namespace

std::string_view StateWord(Speaker say, std::string_view state) {
  return Find(say, kStates, state);
}

std::string SizeWords(Speaker say, uint64_t bytes) {
  std::string english = SizeInWords(bytes);
  size_t space = english.find(' ');
  std::string number = english.substr(0, space);
  // TRANSLATORS: the decimal point.
  std::string_view point = say(".");
  if (size_t at = number.find('.'); at != std::string::npos) number.replace(at, 1, point);
  return StrCat(number, " ", Find(say, kUnits, std::string_view(english).substr(space + 1)));
}

std::string_view SameBelow(Speaker say) { return say("---- The same in English ----"); }

std::string LicenceWords(Speaker say, const Licence& licence) {
  if (!licence.is_there) return std::string(say("none"));
  if (licence.until.empty()) return std::string(say("valid, without an end"));
  return StrCat(licence.has_ended ? say("ended on") : say("valid until"), " ", licence.until);
}

std::string FreeSpaceWords(Speaker say, const FreeSpace& space) {
  return StrCat(SizeWords(say, FirstDigit(space.bytes)), " ", say("or more"));
}

std::string DeploymentWords(Speaker say, const engine::DeploymentRecord& deployment) {
  std::vector<std::string> components;
  for (const engine::ComponentRecord& record : deployment.components)
    components.push_back(StrCat(record.component, " ", record.version));
  return StrCat(say("deployment"), " ", deployment.number, ", ", say("version"), " ",
                deployment.version, " (", Joined(components), ")");
}

}  // namespace ignite::outbox
