#include "base/arguments.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"

namespace ignite {
namespace {

using fakes::FailsWith;
using fakes::Must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ProgramSpec& Program() {
  static const ProgramSpec kProgram = {
      "tool",
      "does things",
      {{"--root", "DIR", "work below DIR"}, {"--json", "", "JSON"}},
      {{"install", "apply a bundle", {"BUNDLE"}, {{"--wait", "", "wait"}}},
       {"verify", "check", {"[BUNDLE]"}},
       {"build",
        "make",
        {},
        {{"--sign", "KEY", "a key", Occurs::kRepeatedly},
         {"--level", "N", "level"},
         {"-o", "OUT", "output", Occurs::kOnce}}}}};
  return kProgram;
}

Result<Arguments> Parse(const std::vector<std::string>& words) {
  return ParseArguments(Program(), words);
}

TEST(ArgumentsTest, ProgramOptionsStandBeforeAndBehindTheCommand) {
  Arguments before = Must(Parse({"--root", "/probe", "install", "a.ignite"}));
  Arguments behind = Must(Parse({"install", "a.ignite", "--root=/probe"}));
  for (const Arguments& arguments : {before, behind}) {
    EXPECT_EQ(arguments.command()->name, "install");
    EXPECT_EQ(arguments.Value("--root"), "/probe");
    EXPECT_THAT(arguments.positionals(), ElementsAre("a.ignite"));
    EXPECT_FALSE(arguments.Has("--wait"));
  }
}

TEST(ArgumentsTest, AnOptionMayRepeatWhereItsSpecSaysSo) {
  Arguments arguments = Must(Parse({"build", "--sign", "a", "-o", "x", "--sign", "b"}));
  EXPECT_THAT(arguments.Values("--sign"), ElementsAre("a", "b"));
  EXPECT_THAT(arguments.Values("--level"), IsEmpty());
  EXPECT_THAT(Parse({"build", "-o", "x", "-o", "y"}),
              FailsWith(ErrorCode::kInvalidArgument, "given twice"));
}

TEST(ArgumentsTest, EverythingBehindTwoDashesIsNoOption) {
  Arguments arguments = Must(Parse({"install", "--", "--wait"}));
  EXPECT_THAT(arguments.positionals(), ElementsAre("--wait"));
  EXPECT_FALSE(arguments.Has("--wait"));
}

TEST(ArgumentsTest, RefusesWhatIsUnknownAndNamesTheNearest) {
  auto command = Parse({"instal", "x"});
  ASSERT_THAT(command, FailsWith(ErrorCode::kInvalidArgument, "'instal'"));
  EXPECT_EQ(command.error().remedy, "did you mean 'install'?");
  auto option = Parse({"install", "--wiat", "x"});
  ASSERT_THAT(option, FailsWith(ErrorCode::kInvalidArgument, "'--wiat'"));
  EXPECT_EQ(option.error().remedy, "did you mean '--wait'?");
  EXPECT_THAT(Parse({"verify", "--wait"}), FailsWith(ErrorCode::kInvalidArgument))
      << "an option of another command";
}

TEST(ArgumentsTest, RefusesWhatIsMissingOrTooMuch) {
  EXPECT_THAT(Parse({}), FailsWith(ErrorCode::kInvalidArgument, "no command"));
  EXPECT_THAT(Parse({"install"}), FailsWith(ErrorCode::kInvalidArgument, "BUNDLE is missing"));
  EXPECT_THAT(Parse({"install", "a", "b"}), FailsWith(ErrorCode::kInvalidArgument, "'b'"));
  EXPECT_THAT(Parse({"build"}), FailsWith(ErrorCode::kInvalidArgument, "'-o OUT' is missing"));
  EXPECT_THAT(Parse({"build", "-o"}), FailsWith(ErrorCode::kInvalidArgument, "no value"));
  EXPECT_THAT(Parse({"build", "-o", "--json"}), FailsWith(ErrorCode::kInvalidArgument, "no value"));
  EXPECT_THAT(Parse({"build", "-o", "x", "--sign="}),
              FailsWith(ErrorCode::kInvalidArgument, "no value"));
  EXPECT_THAT(Parse({"install", "a", "--wait=yes"}),
              FailsWith(ErrorCode::kInvalidArgument, "takes no value"));
  EXPECT_THAT(Must(Parse({"verify"})).positionals(), IsEmpty()) << "it may be absent";
}

TEST(ArgumentsTest, NumbersHaveARange) {
  Arguments arguments = Must(Parse({"build", "-o", "x", "--level", "19"}));
  EXPECT_EQ(Must(arguments.Number("--level", 1, 19)), 19u);
  EXPECT_EQ(Must(arguments.Number("--jobs", 1, 19)), std::nullopt);
  EXPECT_THAT(arguments.Number("--level", 1, 18), FailsWith(ErrorCode::kInvalidArgument, "'19'"));
  EXPECT_THAT(arguments.Number("-o", 1, 18), FailsWith(ErrorCode::kInvalidArgument, "'x'"));
}

TEST(ArgumentsTest, HelpIsGivenWhateverElseTheLineHolds) {
  for (const char* help : {"--help", "-h"}) {
    Arguments arguments = Must(Parse({"build", "--nonsense", help}));
    EXPECT_TRUE(arguments.help());
    ASSERT_NE(arguments.command(), nullptr);
    EXPECT_EQ(arguments.command()->name, "build");
  }
  EXPECT_EQ(Must(Parse({"--help"})).command(), nullptr);
  EXPECT_TRUE(Must(Parse({"--version"})).version());
}

TEST(ArgumentsTest, HelpTextNamesCommandsAndOptionsWithin80Columns) {
  std::string program = HelpText(Program(), nullptr);
  EXPECT_THAT(
      program,
      HasSubstr("usage: tool [--root DIR] [--json] [--help] [--version] COMMAND [ARGUMENT]...\n"));
  EXPECT_THAT(program, HasSubstr("install  apply a bundle"));
  std::string build = HelpText(Program(), &Program().commands[2]);
  EXPECT_THAT(build, HasSubstr("usage: tool build [--sign KEY]... [--level N] -o OUT\n"));
  EXPECT_THAT(build, HasSubstr("--root DIR"));
}

TEST(ArgumentsTest, AProgramWithoutCommandsTakesOptionsOnly) {
  const ProgramSpec daemon = {"daemon", "serves", {{"--root", "DIR", "work below DIR"}}};
  EXPECT_EQ(Must(ParseArguments(daemon, {"--root", "/x"})).Value("--root"), "/x");
  EXPECT_THAT(ParseArguments(daemon, {"x"}), FailsWith(ErrorCode::kInvalidArgument, "'x'"));
  EXPECT_EQ(Must(ParseArguments(daemon, {})).command(), nullptr);
}

}  // namespace
}  // namespace ignite
