#include "base/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/str_cat.h"

namespace ignite {
namespace {

using Document = nlohmann::ordered_json;

/// Builds a Json from the library's events; returning false stops the parser.
class StrictBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  StrictBuilder(int max_depth, int max_values) : max_depth_(max_depth), max_values_(max_values) {}

  bool null() override { return Place(Json()); }
  bool boolean(bool value) override { return Place(value); }
  bool number_integer(number_integer_t value) override {
    if (value < -Json::kMaxInteger) return Fail("an integer below -(2^53 - 1)");
    return Place(value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<uint64_t>(Json::kMaxInteger)) return Fail("an integer above 2^53 - 1");
    return Place(value);
  }
  bool number_float(number_float_t, const string_t&) override {
    return Fail("a floating-point number");
  }
  bool string(string_t& value) override {
    return value.find('\0') == std::string::npos ? Place(std::move(value)) : Fail("a NUL");
  }
  bool binary(binary_t&) override { return Fail("binary data"); }
  bool start_object(std::size_t) override { return Open(Json::EmptyObject()); }
  bool start_array(std::size_t) override { return Open(Json::EmptyArray()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& value) override {
    if (value.find('\0') != std::string::npos) return Fail("a NUL");
    Level& level = open_.back();
    if (level.value.Find(value) != nullptr) return Fail(StrCat("the key \"", value, "\" twice"));
    level.key = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Fail(StrCat("a syntax error at byte ", position));
  }

  Json root;
  std::string fault;

 private:
  struct Level {
    Json value;
    std::string key;
  };

  bool Fail(std::string what) {
    fault = std::move(what);
    return false;
  }
  bool Open(Json value) {
    if (open_.size() >= static_cast<size_t>(max_depth_)) {
      return Fail(StrCat("more than ", max_depth_, " levels"));
    }
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool Close() {
    Json done = std::move(open_.back().value);
    open_.pop_back();
    return Place(std::move(done));
  }
  bool Place(Json value) {
    if (values_ == max_values_) return Fail(StrCat("more than ", max_values_, " values"));
    ++values_;
    if (open_.empty()) {
      root = std::move(value);
    } else if (Level& level = open_.back(); level.value.AsObject() != nullptr) {
      level.value.Set(std::move(level.key), std::move(value));
    } else {
      level.value.Push(std::move(value));
    }
    return true;
  }

  int max_depth_;
  int max_values_;
  int values_ = 0;
  std::vector<Level> open_;
};

Document ToDocument(const Json& json) {
  if (const bool* flag = json.AsBool()) return *flag;
  if (const int64_t* number = json.AsInteger()) return *number;
  if (const std::string* text = json.AsString()) return *text;
  if (const Json::Array* array = json.AsArray()) {
    Document document = Document::array();
    for (const Json& element : *array) document.push_back(ToDocument(element));
    return document;
  }
  if (const Json::Object* object = json.AsObject()) {
    Document document = Document::object();
    for (const auto& [key, value] : *object) document[key] = ToDocument(value);
    return document;
  }
  return nullptr;
}

}  // namespace

Json Json::StringArray(const std::vector<std::string>& strings) {
  return Array(strings.begin(), strings.end());
}

const Json* Json::Find(std::string_view key) const {
  const Object* object = AsObject();
  if (object == nullptr) return nullptr;
  auto found =
      std::find_if(object->begin(), object->end(), [&](const Member& m) { return m.first == key; });
  return found == object->end() ? nullptr : &found->second;
}

Json& Json::Set(std::string key, Json value) {
  std::get<Object>(value_).emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::Push(Json value) {
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

std::string Json::Dump(bool indented) const {
  return ToDocument(*this).dump(indented ? 2 : -1, ' ', false, Document::error_handler_t::replace);
}

Result<Json> Json::Parse(std::string_view text, int max_depth, int max_values) {
  // The library takes a NUL for the end of the text, whatever stands behind it, and passes over a
  // byte order mark.
  if (text.find('\0') != std::string_view::npos || text.starts_with("\xEF\xBB\xBF")) {
    return Error{ErrorCode::kCorrupt, "the JSON document has a NUL byte or a byte order mark",
                 "make it anew"};
  }
  StrictBuilder builder(max_depth, max_values);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return Error{ErrorCode::kCorrupt, StrCat("the JSON document has ", builder.fault),
                 "make it anew"};
  }
  return std::move(builder.root);
}

JsonFields::JsonFields(const Json& object, std::string where)
    : where_(std::move(where)), object_(object) {
  if (object_.AsObject() == nullptr) fault_ = StrCat(where_, " is no object");
}

const Json* JsonFields::Optional(std::string_view key) {
  known_.emplace_back(key);
  return object_.Find(key);
}

const Json& JsonFields::Required(std::string_view key) {
  static const Json kNothing;
  const Json* value = Optional(key);
  if (value == nullptr) Fault(key, "is missing");
  return value == nullptr ? kNothing : *value;
}

std::string JsonFields::String(std::string_view key) {
  const std::string* text = Required(key).AsString();
  if (text == nullptr) Fault(key, "is no string");
  return text == nullptr ? std::string() : *text;
}

std::string JsonFields::String(std::string_view key, std::string fallback) {
  return object_.Find(key) == nullptr ? (known_.emplace_back(key), std::move(fallback))
                                      : String(key);
}

int64_t JsonFields::Integer(std::string_view key, int64_t minimum, int64_t maximum) {
  const int64_t* number = Required(key).AsInteger();
  if (number == nullptr || *number < minimum || *number > maximum) {
    Fault(key, StrCat("is no integer from ", minimum, " to ", maximum));
    return minimum;
  }
  return *number;
}

int64_t JsonFields::Integer(std::string_view key, int64_t minimum, int64_t maximum,
                            int64_t fallback) {
  return object_.Find(key) == nullptr ? (known_.emplace_back(key), fallback)
                                      : Integer(key, minimum, maximum);
}

std::vector<std::string> JsonFields::Strings(std::string_view key) {
  std::vector<std::string> strings;
  const Json* value = Optional(key);
  if (value == nullptr) return strings;
  for (const Json& element : Array(key)) {
    if (element.AsString() == nullptr) {
      Fault(key, "holds something that is no string");
      break;
    }
    strings.push_back(*element.AsString());
  }
  return strings;
}

const Json::Array& JsonFields::Array(std::string_view key) {
  static const Json::Array kNone;
  const Json::Array* array = Required(key).AsArray();
  if (array == nullptr) Fault(key, "is no list");
  return array == nullptr ? kNone : *array;
}

void JsonFields::Fault(std::string_view key, std::string_view what) {
  if (fault_.empty()) fault_ = StrCat(where_, ": \"", key, "\" ", what);
}

Result<> JsonFields::Finish() const {
  std::string fault = fault_;
  if (const Json::Object* object = object_.AsObject(); fault.empty() && object != nullptr) {
    for (const auto& [key, value] : *object) {
      bool known = IsForPeople(key) || std::find(known_.begin(), known_.end(), key) != known_.end();
      if (!known) fault = StrCat(where_, ": the key \"", key, "\" is unknown");
    }
  }
  if (fault.empty()) return {};
  return Error{ErrorCode::kCorrupt, std::move(fault),
               "make it anew, or update the program that reads it"};
}

}  // namespace ignite
