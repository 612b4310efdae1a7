#include "payload-format/manifest/data_range.h"

#include <algorithm>

#include "base/ini.h"
#include "base/str_cat.h"
#include "payload-format/manifest/version.h"

namespace ignite::format {
namespace {

constexpr std::string_view kUpTo = "..";

bool HasOrder(const DataRange& range) { return CompareVersions(range.from, range.to) <= 0; }

Result<DataRange> RangeFromJson(const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  DataRange range;
  range.component = fields.String("component");
  range.from = fields.String("from");
  range.to = fields.String("to");
  if (!IsDataComponent(range.component)) fields.Fault("component", "names no data");
  if (!IsVersion(range.from)) fields.Fault("from", "is no version");
  if (!IsVersion(range.to)) fields.Fault("to", "is no version");
  if (!HasOrder(range)) fields.Fault("to", "is below \"from\"");
  TRY(fields.Finish());
  return range;
}

}  // namespace

bool IsDataComponent(std::string_view component) {
  return component.starts_with("data/") && IsComponent(component);
}

std::optional<DataRange> DataRange::Parse(std::string_view text) {
  size_t space = std::min(text.find_first_of(" \t"), text.size());
  std::string_view versions = TrimSpace(text.substr(space));
  std::string_view from = versions.substr(0, versions.find(kUpTo));
  std::string_view to =
      from.size() == versions.size() ? from : versions.substr(from.size() + kUpTo.size());
  DataRange range{std::string(text.substr(0, space)), std::string(from), std::string(to)};
  bool sound = IsDataComponent(range.component) && IsVersion(from) && IsVersion(to);
  return sound && HasOrder(range) ? std::optional(std::move(range)) : std::nullopt;
}

std::string DataRange::ToString() const {
  return StrCat(component, " ", from, from == to ? "" : StrCat(kUpTo, to));
}

bool DataRange::Holds(std::string_view version) const {
  return CompareVersions(from, version) <= 0 && CompareVersions(version, to) <= 0;
}

Json ToJson(const std::vector<DataRange>& reads) {
  Json list = Json::EmptyArray();
  for (const DataRange& range : reads) {
    Json entry = Json::EmptyObject();
    list.Push(entry.Set("component", range.component).Set("from", range.from).Set("to", range.to));
  }
  return list;
}

Result<std::vector<DataRange>> ReadsFromJson(const Json& json, const std::string& where) {
  std::vector<DataRange> reads;
  if (json.AsArray() == nullptr)
    return Error{ErrorCode::kCorrupt, StrCat(where, " is no list"), "build the bundle anew"};
  for (const Json& entry : *json.AsArray()) {
    DataRange range = TRY(RangeFromJson(entry, StrCat(where, "[", reads.size(), "]")));
    bool known = std::any_of(reads.begin(), reads.end(), [&](const DataRange& other) {
      return other.component == range.component;
    });
    if (known) {
      return Error{ErrorCode::kCorrupt, StrCat(where, " names ", range.component, " twice"),
                   "build the bundle anew"};
    }
    reads.push_back(std::move(range));
  }
  return reads;
}

}  // namespace ignite::format
