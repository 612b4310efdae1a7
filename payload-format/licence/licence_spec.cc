#include "payload-format/licence/licence_spec.h"

#include <algorithm>
#include <set>

#include "base/date.h"
#include "base/str_cat.h"
#include "base/utf8.h"
#include "payload-format/crypto/key.h"
#include "payload-format/manifest/version.h"

namespace ignite::format {
namespace {

constexpr std::string_view kTextRule = "is no text of a licence";

bool IsIdentity(const std::string& text) {
  auto raw = FromHex(text);
  return raw && raw->size() == PublicKeyBytes().size();
}

/// A list of words, each once.
std::vector<std::string> Words(JsonFields& fields, std::string_view key, size_t maximum,
                               bool (*is_valid)(const std::string&)) {
  (void)fields.Required(key);
  std::vector<std::string> words = fields.Strings(key);
  if (words.size() > maximum) fields.Fault(key, StrCat("holds more than ", maximum));
  if (!std::all_of(words.begin(), words.end(), is_valid)) fields.Fault(key, "holds a wrong value");
  if (std::set(words.begin(), words.end()).size() != words.size())
    fields.Fault(key, "holds a value twice");
  return words;
}

/// A string that is valid where it is there at all.
std::string OptionalText(JsonFields& fields, std::string_view key,
                         bool (*is_valid)(std::string_view), std::string_view rule) {
  if (fields.Optional(key) == nullptr) return "";
  std::string text = fields.String(key);
  if (!is_valid(text)) fields.Fault(key, rule);
  return text;
}

std::map<std::string, int64_t> Limits(JsonFields& fields) {
  std::map<std::string, int64_t> limits;
  const Json::Object* object = fields.Required("limits").AsObject();
  if (object == nullptr) {
    fields.Fault("limits", "is no object");
    return limits;
  }
  if (object->size() > kMaxLicenceWords)
    fields.Fault("limits", StrCat("holds more than ", kMaxLicenceWords));
  for (const auto& [name, value] : *object) {
    const int64_t* number = value.AsInteger();
    if (!IsName(name) || number == nullptr || *number < 0)
      fields.Fault("limits", "holds a wrong value");
    else
      limits[name] = *number;
  }
  return limits;
}

bool IsDate(std::string_view text) { return ParseDate(text).has_value(); }

}  // namespace

bool IsLicenceText(std::string_view text) {
  auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return !text.empty() && text.size() <= kMaxLicenceText && IsUtf8(text) &&
         std::none_of(text.begin(), text.end(), is_control);
}

Json LicenceSpec::ToJson() const {
  Json json = Json::EmptyObject();
  json.Set("identities", Json::StringArray(identities)).Set("customer", customer);
  if (!serial.empty()) json.Set("serial", serial);
  json.Set("features", Json::StringArray(features));
  Json numbers = Json::EmptyObject();
  for (const auto& [name, number] : limits) numbers.Set(name, number);
  json.Set("limits", std::move(numbers)).Set("issued", issued);
  if (!not_after.empty()) json.Set("not-after", not_after);
  return json;
}

Result<LicenceSpec> LicenceSpec::FromJson(const Json& json) {
  JsonFields fields(json, "licence");
  LicenceSpec spec;
  spec.identities = Words(fields, "identities", kMaxLicenceIdentities, IsIdentity);
  if (spec.identities.empty()) fields.Fault("identities", "is empty");
  spec.customer = fields.String("customer");
  if (!IsLicenceText(spec.customer)) fields.Fault("customer", kTextRule);
  spec.serial = OptionalText(fields, "serial", IsLicenceText, kTextRule);
  spec.features = Words(fields, "features", kMaxLicenceWords,
                        [](const std::string& word) { return IsName(word); });
  spec.limits = Limits(fields);
  spec.issued = fields.String("issued");
  if (!IsDate(spec.issued)) fields.Fault("issued", "is no date");
  spec.not_after = OptionalText(fields, "not-after", IsDate, "is no date");
  // Dates of this form sort as text.
  if (!spec.not_after.empty() && spec.not_after < spec.issued)
    fields.Fault("not-after", "is before the day of issue");
  TRY(fields.Finish());
  return spec;
}

Result<> LicenceSpec::Check(const PayloadInfo& payload) {
  auto wrong = [&](std::string_view what) {
    return Error{ErrorCode::kCorrupt, StrCat("the licence '", payload.name, "' ", what),
                 "build the bundle anew"};
  };
  if (payload.component != kComponent)
    return wrong(StrCat("is for the component ", payload.component, " instead of ", kComponent));
  if (!payload.streams.empty()) return wrong("has streams, and can have none");
  TRY(FromJson(payload.spec));
  return {};
}

}  // namespace ignite::format
