// HTML that cannot hold an unescaped text: Html is made of texts, by Text(), and of elements around
// Html, by Element(), whose tags are balanced by construction.
#pragma once

#include <string>
#include <string_view>

namespace ignite {

class Html {
 public:
  Html() = default;
  /// Letters of every language and line ends stay; control characters come out as \xNN.
  static Html Text(std::string_view text);
  /// `attributes` as they stand in the tag; constants of the source only.
  static Html Element(std::string_view tag, const Html& content, std::string_view attributes = {});

  Html& operator+=(const Html& other);
  friend Html operator+(Html left, const Html& right) { return std::move(left += right); }
  bool IsEmpty() const { return code_.empty(); }
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

}  // namespace ignite
