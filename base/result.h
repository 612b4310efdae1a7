// Result<T>: a value or an Error, never neither. TRY(expr) unwraps the value or returns the Error
// to the caller.
//
//   Result<Config> Load(const Path& path) {
//     std::string text = TRY(ReadFile(path));
//     return Parse(text);
//   }
//
// The members are a subset of std::expected, so that a later switch is small. Dropping a Result is
// a compiler warning.
#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

#include "base/error.h"

namespace ignite {

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  void operator*() const {}

  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace ignite

#define IGNITE_CONCAT_INNER(a, b) a##b
#define IGNITE_CONCAT(a, b) IGNITE_CONCAT_INNER(a, b)

// The name carries a counter because a fixed one would shadow itself in TRY(f(TRY(g()))).
#define IGNITE_TRY(result, expression)                         \
  __extension__({                                              \
    auto result = (expression);                                \
    if (!result.has_value()) return std::move(result).error(); \
    *std::move(result);                                        \
  })
#define TRY(expression) IGNITE_TRY(IGNITE_CONCAT(try_result_, __COUNTER__), expression)
