#include "payload-format/manifest/version.h"

#include <algorithm>
#include <array>

#include "base/ini.h"
#include "base/str_cat.h"

namespace ignite::format {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// '~' sorts before the end of a part, letters before everything else.
int Weight(char c) {
  if (c == '~') return -1;
  if (IsDigit(c)) return 0;
  return IsLetter(c) ? c : c + 256;
}

int WeightAt(std::string_view text, size_t i) { return i < text.size() ? Weight(text[i]) : 0; }

std::string_view TakeNumber(std::string_view& text) {
  size_t digits = std::min(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin(),
                           static_cast<std::ptrdiff_t>(text.size()));
  std::string_view number = text.substr(0, digits);
  text.remove_prefix(digits);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

std::strong_ordering CompareNumbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

/// One part: alternating runs of non-digits, by weight, and of digits, by value.
std::strong_ordering ComparePart(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !IsDigit(a[0])) || (!b.empty() && !IsDigit(b[0]))) {
      int left = WeightAt(a, 0);
      int right = WeightAt(b, 0);
      if (left != right) return left <=> right;
      a.remove_prefix(std::min<size_t>(1, a.size()));
      b.remove_prefix(std::min<size_t>(1, b.size()));
    }
    if (auto order = CompareNumbers(TakeNumber(a), TakeNumber(b)); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

constexpr size_t kMaxEpochDigits = 9;

struct Parts {
  std::string_view epoch = "0";
  std::string_view upstream;
  std::string_view revision = "0";
};

Parts Split(std::string_view text) {
  Parts parts;
  if (size_t colon = text.find(':'); colon != std::string_view::npos) {
    parts.epoch = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (size_t dash = text.rfind('-'); dash != std::string_view::npos) {
    parts.revision = text.substr(dash + 1);
    text = text.substr(0, dash);
  }
  parts.upstream = text;
  return parts;
}

bool IsNameCharacter(char c) {
  return IsDigit(c) || IsLetter(c) || c == '.' || c == '_' || c == '-';
}

}  // namespace

bool IsVersion(std::string_view text) {
  auto allowed = [](char c) {
    return IsDigit(c) || IsLetter(c) || std::string_view(".+-~:").find(c) != std::string_view::npos;
  };
  if (text.size() > 64 || !std::all_of(text.begin(), text.end(), allowed)) return false;
  Parts parts = Split(text);
  bool epoch = !parts.epoch.empty() && parts.epoch.size() <= kMaxEpochDigits &&
               std::all_of(parts.epoch.begin(), parts.epoch.end(), IsDigit);
  bool revision = !parts.revision.empty() && parts.revision.find(':') == std::string_view::npos;
  return epoch && revision && !parts.upstream.empty() && IsDigit(parts.upstream[0]);
}

std::strong_ordering CompareVersions(std::string_view a, std::string_view b) {
  Parts left = Split(a);
  Parts right = Split(b);
  if (auto order = ComparePart(left.epoch, right.epoch); order != 0) return order;
  if (auto order = ComparePart(left.upstream, right.upstream); order != 0) return order;
  return ComparePart(left.revision, right.revision);
}

std::optional<Requirement> Requirement::Parse(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kRelations = {"<=", ">=", "<", "=", ">"};
  static constexpr std::string_view kBetweenWords = " \t";
  for (std::string_view relation : kRelations) {
    size_t at = text.find(relation);
    if (at == std::string_view::npos) continue;
    std::string_view component = text.substr(0, at);
    std::string_view version = text.substr(at + relation.size());
    component = component.substr(0, component.find_last_not_of(kBetweenWords) + 1);
    version.remove_prefix(std::min(version.find_first_not_of(kBetweenWords), version.size()));
    if (!IsComponent(component) || !IsVersion(version)) return std::nullopt;
    return Requirement{std::string(component), std::string(relation), std::string(version)};
  }
  return std::nullopt;
}

std::string Requirement::ToString() const { return StrCat(component, " ", relation, " ", version); }

bool Requirement::HoldsFor(std::string_view installed) const {
  auto order = CompareVersions(installed, version);
  if (relation == "<") return order < 0;
  if (relation == "<=") return order <= 0;
  if (relation == "=") return order == 0;
  if (relation == ">=") return order >= 0;
  return order > 0;
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text[0] != '.' && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), IsNameCharacter);
}

bool IsComponent(std::string_view text) {
  if (text == kOperatingSystem || text == "licence") return true;
  for (std::string_view family : {"app/", "data/", "config/"}) {
    if (text.starts_with(family)) return IsName(text.substr(family.size()));
  }
  return false;
}

}  // namespace ignite::format
