// A JSON value and the strict parser that every signed or stored document goes through.
//
// Strict means: UTF-8 only, no duplicate key, no floating-point number, integers within +-(2^53 -
// 1), at most kMaxValues values in at most kMaxDepth levels, nothing after the document. Objects
// keep the order of their keys, so Dump is deterministic.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ignite {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  static constexpr int kMaxDepth = 8;
  static constexpr int kMaxStoredDepth = 64;
  static constexpr int kMaxValues = 20'000;
  static constexpr int64_t kMaxInteger = (int64_t{1} << 53) - 1;

  Json() = default;  ///< null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(std::integral auto value) : value_(static_cast<int64_t>(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json EmptyObject() { return Object{}; }
  static Json EmptyArray() { return Array{}; }
  static Json StringArray(const std::vector<std::string>& strings);

  /// nullptr where the value is of another type.
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const int64_t* AsInteger() const { return std::get_if<int64_t>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }
  bool IsNull() const { return std::holds_alternative<std::nullptr_t>(value_); }

  /// The member `key` of an object; nullptr where there is none or this is no object.
  const Json* Find(std::string_view key) const;
  /// Adds a member to an object. The caller sees to it that the key is new.
  Json& Set(std::string key, Json value);
  /// Adds an element to an array.
  Json& Push(Json value);

  /// Compact, or indented by two spaces. Bytes that are not UTF-8 come out as U+FFFD.
  std::string Dump(bool indented = false) const;
  /// kCorrupt with the position and what is wrong.
  static Result<Json> ParseStrict(std::string_view text) {
    return Parse(text, kMaxDepth, kMaxValues);
  }
  /// A document of this probe that Dump wrote. It may hold any number of strict ones, some levels
  /// down, so the number of its values has no limit.
  static Result<Json> ParseStored(std::string_view text) {
    return Parse(text, kMaxStoredDepth, std::numeric_limits<int>::max());
  }

  friend bool operator==(const Json& a, const Json& b) { return a.value_ == b.value_; }

 private:
  static Result<Json> Parse(std::string_view text, int max_depth, int max_values);

  std::variant<std::nullptr_t, bool, int64_t, std::string, Array, Object> value_;
};

/// A key that begins with "x-": reserved for notes, and ignored in every object with fixed keys.
inline bool IsForPeople(std::string_view key) { return key.starts_with("x-"); }

/// Reads the members of one object by name and type, and refuses those that nobody asked for. Take
/// what you know, then call Finish: the first fault found is its Error.
class JsonFields {
 public:
  /// `where` names the object in errors: "payloads[0]".
  JsonFields(const Json& object, std::string where);

  std::string String(std::string_view key, std::string fallback);
  std::string String(std::string_view key);
  int64_t Integer(std::string_view key, int64_t minimum, int64_t maximum, int64_t fallback);
  int64_t Integer(std::string_view key, int64_t minimum, int64_t maximum);
  /// Absent: an empty list.
  std::vector<std::string> Strings(std::string_view key);
  /// nullptr where absent.
  const Json* Optional(std::string_view key);
  /// An empty value where absent; the fault is kept for Finish.
  const Json& Required(std::string_view key);
  const Json::Array& Array(std::string_view key);

  /// Records a fault that the caller found in a value.
  void Fault(std::string_view key, std::string_view what);
  Result<> Finish() const;

 private:
  std::string where_;
  const Json& object_;
  std::vector<std::string> known_;
  std::string fault_;
};

}  // namespace ignite
