#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "base/str_cat.h"
#include "tests/fakes/must.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kInvalidArgument, "odd", "give an even one"};
  return number / 2;
}

Result<int> Quarter(int number) { return TRY(Half(TRY(Half(number)))); }

Result<> Check(int number) {
  TRY(Quarter(number));
  return {};
}

TEST(ResultTest, TryUnwrapsTheValueAlsoWhenNested) { EXPECT_EQ(Must(Quarter(12)), 3); }

TEST(ResultTest, TryReturnsTheFirstErrorToTheCaller) {
  EXPECT_THAT(Quarter(6), FailsWith(ErrorCode::kInvalidArgument, "odd"));
  EXPECT_THAT(Check(6), FailsWith(ErrorCode::kInvalidArgument, "odd"));
  EXPECT_THAT(Check(8), Succeeds());
}

TEST(ResultTest, MovesAValueThatCannotBeCopied) {
  auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  auto pass = [&]() -> Result<std::unique_ptr<int>> {
    auto value = TRY(make());
    return value;
  };
  EXPECT_EQ(*Must(pass()), 7);
}

TEST(ErrorTest, WithPutsTheContextInFrontAndKeepsTheRemedy) {
  Error error = Error{ErrorCode::kIo, "no disk", "add one"}.With("staging 'web'");
  EXPECT_EQ(error.ToString(), "staging 'web': no disk (add one)");
  EXPECT_EQ(std::move(error).WithRemedy("").ToString(), "staging 'web': no disk");
}

TEST(ErrorTest, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    names.insert(ErrorCodeName(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(ErrorCode::kInternal) + 1);
}

TEST(ErrorTest, ASystemErrorTellsAFullDiskAndAMissingFileFromTheRest) {
  EXPECT_EQ(SystemError("writing", ENOSPC).code, ErrorCode::kNoSpace);
  EXPECT_EQ(SystemError("writing", EDQUOT).code, ErrorCode::kNoSpace);
  EXPECT_EQ(SystemError("opening", ENOENT).code, ErrorCode::kNotFound);
  EXPECT_EQ(SystemError("opening", EIO).code, ErrorCode::kIo);
  EXPECT_EQ(SystemError("opening x", ENOENT).cause, "opening x: No such file or directory");
}

TEST(StrCatTest, JoinsTextsAndIntegers) {
  EXPECT_EQ(StrCat("a", std::string("b"), std::string_view("c"), -1, uint64_t{2}), "abc-12");
}

}  // namespace
}  // namespace ignite
