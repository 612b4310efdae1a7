// Strict JSON: what was read and written again is the same value, and holds to the limits.

#include "base/json.h"

#include "base/utf8.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

bool IsContainer(const Json& json) {
  return json.AsArray() != nullptr || json.AsObject() != nullptr;
}

/// Counts the values, and promises what the parser does of each.
int Walk(const Json& json, int depth) {
  Promise(depth <= Json::kMaxDepth || !IsContainer(json), "the depth is limited");
  int values = 1;
  if (const int64_t* number = json.AsInteger()) {
    Promise(*number >= -Json::kMaxInteger && *number <= Json::kMaxInteger, "integers are limited");
  } else if (const std::string* text = json.AsString()) {
    Promise(IsUtf8(*text) && text->find('\0') == std::string::npos, "a string is UTF-8 text");
  } else if (const Json::Array* array = json.AsArray()) {
    for (const Json& element : *array) values += Walk(element, depth + 1);
  } else if (const Json::Object* object = json.AsObject()) {
    for (const auto& [key, value] : *object) {
      Promise(json.Find(key) == &value, "no key stands twice");
      values += Walk(value, depth + 1);
    }
  }
  return values;
}

const Target kJson{"json", [](ByteView input) {
                     auto json = Json::ParseStrict(AsText(input));
                     PromiseGoodError(json);
                     auto stored = Json::ParseStored(AsText(input));
                     PromiseGoodError(stored);
                     if (!json) return;
                     Promise(stored && *stored == *json, "a strict document is one that is stored");
                     Promise(IsUtf8(AsText(input)), "a document is UTF-8");
                     Promise(Walk(*json, 1) <= Json::kMaxValues, "the number of values is limited");
                     for (bool indented : {false, true}) {
                       auto again = Json::ParseStrict(json->Dump(indented));
                       Promise(again && *again == *json, "what is written reads as the same");
                     }
                   }};

}  // namespace
}  // namespace ignite::fuzz
