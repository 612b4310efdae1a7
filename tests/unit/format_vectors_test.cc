// The test kit of tests/vectors: ignite's reader says of every vector what its head says, and where
// it refuses, then for the reason that is given.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "base/str_cat.h"
#include "migrations/sql_text.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/data/database_address.h"
#include "payload-format/manifest/health_spec.h"
#include "payload-format/manifest/version.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/judge.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/vectors.h"

namespace ignite::format {
namespace {

using fakes::Kit;
using fakes::Must;
using fakes::ReadText;
using fakes::Vector;

/// What ignite says where it refuses for a reason of tests/vectors/README.md: the code, and one of
/// the texts in the cause.
struct Refusal {
  ErrorCode code;
  std::vector<std::string_view> causes;
};

const std::map<std::string_view, Refusal>& Refusals() {
  using enum ErrorCode;
  static const std::map<std::string_view, Refusal> kRefusals = {
      {"truncated", {kTruncated, {"ends before its time"}}},
      {"trailing", {kCorrupt, {"bytes behind its end"}}},
      {"member-header", {kCorrupt, {"a member header of the bundle"}}},
      {"padding", {kCorrupt, {"bytes between its members"}}},
      {"member-order", {kCorrupt, {"has the member '"}}},
      {"member-size", {kCorrupt, {"a size that it cannot have"}}},
      {"trust", {kUnsupported, {"TRUST"}}},
      {"plain", {kNotAddressed, {"is not encrypted"}}},
      {"magic", {kCorrupt, {"no ignite bundle"}}},
      {"version", {kUnsupported, {"format version"}}},
      {"suite", {kUnsupported, {"cipher suite"}}},
      {"chunk-size", {kCorrupt, {"HEADER is damaged: the chunk size"}}},
      {"chunk-count", {kCorrupt, {"HEADER is damaged: too many chunks"}}},
      {"manifest-size", {kCorrupt, {"HEADER is damaged: the manifest's size"}}},
      {"index-size", {kCorrupt, {"HEADER is damaged: the index's size"}}},
      {"payload-size", {kCorrupt, {"HEADER is damaged: more stored bytes"}}},
      {"plain-commitment", {kCorrupt, {"HEADER is damaged: a key commitment"}}},
      {"header-reserved", {kCorrupt, {"HEADER is damaged: reserved bytes"}}},
      {"signatures-size", {kCorrupt, {"SIGNATURES ha"}}},
      {"wrong-signature", {kUntrusted, {"is wrong"}}},
      {"nobody-vouches",
       {kUntrusted, {"no key that this probe trusts", "signatures that the role"}}},
      {"role-missing", {kUntrusted, {"which are missing"}}},
      {"commitment", {kCorrupt, {"HEADER commits to"}}},
      {"stanza", {kCorrupt, {"RECIPIENTS are damaged: a stanza"}}},
      {"not-addressed", {kNotAddressed, {"is not encrypted to this probe"}}},
      {"mac", {kCorrupt, {"the MAC does not hold"}}},
      {"manifest-digest", {kCorrupt, {"MANIFEST does not agree with its HEADER"}}},
      {"manifest-tag", {kCorrupt, {"MANIFEST does not agree with its HEADER"}}},
      {"content-id", {kCorrupt, {"MANIFEST does not agree with its HEADER"}}},
      {"json-syntax", {kCorrupt, {"JSON document has a syntax error", "byte order mark"}}},
      {"json-nul", {kCorrupt, {"JSON document has a NUL"}}},
      {"json-double-key", {kCorrupt, {"\" twice"}}},
      {"json-number", {kCorrupt, {"an integer", "a floating-point number"}}},
      {"json-depth", {kCorrupt, {"more than 8 levels"}}},
      {"json-values", {kCorrupt, {"more than 20000 values"}}},
      {"unknown-key", {kCorrupt, {"\" is unknown"}}},
      {"missing-key", {kCorrupt, {"\" is missing"}}},
      {"value", {kCorrupt, {" is ", " holds ", " names "}}},
      {"double-name", {kCorrupt, {"names a payload, component or check twice", ".reads names "}}},
      {"forms", {kCorrupt, {"differ in version or reads"}}},
      {"chunk-sum", {kCorrupt, {"does not describe all of its chunks"}}},
      {"payload-type", {kUnsupported, {"has a payload of the type"}}},
      {"health-type", {kUnsupported, {"has a health check of the type"}}},
      {"payload-kind", {kCorrupt, {"do not belong to the kind"}}},
      {"payload-streams",
       {kCorrupt,
        {"does not have the streams of a tree", "does not have exactly one stream",
         "has streams, and"}}},
      {"tree-component", {kCorrupt, {"instead of os or one of app/"}}},
      {"image-component", {kCorrupt, {"instead of os"}}},
      {"image-empty", {kCorrupt, {"is empty"}}},
      {"licence-component", {kCorrupt, {"instead of licence"}}},
      {"config-component", {kCorrupt, {"instead of one of config/"}}},
      {"migrations-component", {kCorrupt, {"instead of one of data/"}}},
      {"meanings", {kCorrupt, {"is not what its file needs", "are not as many as the steps"}}},
      {"steps", {kCorrupt, {" of a step ", "the steps are not what their files say"}}},
      {"program-entry",
       {kCorrupt,
        {"is a hard link", "does not belong to root", "has a mode other than", "' has a",
         "has file capabilities"}}},
      {"program-missing", {kCorrupt, {"it lacks the file", "is no file", "is not executable"}}},
      {"index-digest", {kCorrupt, {"INDEX does not agree with its HEADER"}}},
      {"index-entry", {kCorrupt, {"INDEX does not agree with its HEADER"}}},
      {"index-sum", {kCorrupt, {"INDEX does not agree with its HEADER"}}},
      {"chunk-digest", {kCorrupt, {"a chunk of the bundle is damaged"}}},
      {"chunk-tag", {kCorrupt, {"a chunk of the bundle does not decrypt"}}},
      {"chunk-frame", {kCorrupt, {"a chunk of the bundle does not decompress"}}},
      {"chunk-plain-size", {kCorrupt, {"a chunk of the bundle does not decompress"}}},
      {"stream-digest", {kCorrupt, {"is not what its manifest says"}}},
      {"table-head",
       {kCorrupt,
        {"wrong: it is no file table", "wrong: the number of entries", "wrong: reserved bytes"}}},
      {"table-length", {kCorrupt, {"wrong: it ends early", "wrong: bytes behind its end"}}},
      {"table-count", {kCorrupt, {"another number of entries"}}},
      {"table-root", {kCorrupt, {"does not begin with the tree itself"}}},
      {"entry-type", {kCorrupt, {"an entry of an unknown type"}}},
      {"entry-reserved", {kCorrupt, {"reserved bytes are not zero"}}},
      {"entry-numbers", {kCorrupt, {"wrong: mode or time", "wrong: the mode of a symbolic link"}}},
      {"entry-unused",
       {kCorrupt, {"where there can be none", "wrong: a link target", "wrong: owner or group"}}},
      {"entry-path", {kCorrupt, {"a path that no tree can have"}}},
      {"entry-order", {kCorrupt, {"entries out of order"}}},
      {"entry-folder", {kCorrupt, {"an entry without its folder"}}},
      {"entry-account", {kCorrupt, {"wrong: owner or group"}}},
      {"entry-target", {kCorrupt, {"wrong: a link target"}}},
      {"entry-capabilities", {kCorrupt, {"wrong: capabilities"}}},
      {"entry-earlier", {kCorrupt, {"a reference to"}}},
      {"copy-differs", {kCorrupt, {"a copy that differs"}}},
      {"permission", {kCorrupt, {"which its recipe does not allow"}}},
      {"account-not-listed", {kCorrupt, {"which its manifest leaves out"}}},
      {"account-no-id", {kCorrupt, {"which are no ids"}}},
      {"content", {kCorrupt, {"is not what the file table says"}}},
      {"content-length", {kCorrupt, {"bytes follow its last file", "files are missing"}}},
      {"unknown-role", {kInvalidArgument, {"the role \""}}},
      {"key", {kInvalidArgument, {"is not 64 hexadecimal digits"}}},
      {"threshold", {kInvalidArgument, {"keys and a threshold of"}}},
      {"key-twice", {kInvalidArgument, {"lists a key twice"}}},
      {"key-in-two-roles", {kInvalidArgument, {"one key stands in the roles"}}},
      {"no-key", {kInvalidArgument, {"holds no signing key"}}},
  };
  return kRefusals;
}

std::vector<Vector> ReadFolder(std::string_view folder) {
  std::vector<Vector> vectors;
  for (const auto& file : std::filesystem::directory_iterator(Kit() / folder))
    vectors.push_back(fakes::ReadVector(file.path()));
  return vectors;
}

/// The lines of a file, without comments.
std::vector<std::string> ReadLines(std::string_view name) {
  std::vector<std::string> result;
  std::istringstream lines(ReadText(Kit() / name));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] != '#') result.push_back(line);
  }
  return result;
}

void ExpectRefusal(const Vector& vector, const Error& error, std::optional<ErrorCode> code = {}) {
  auto refusal = Refusals().find(vector.At("reason"));
  ASSERT_NE(refusal, Refusals().end()) << "the reason is unknown";
  const auto& causes = refusal->second.causes;
  EXPECT_EQ(ErrorCodeName(error.code), ErrorCodeName(code.value_or(refusal->second.code)))
      << error.cause;
  EXPECT_TRUE(std::any_of(causes.begin(), causes.end(),
                          [&](auto cause) { return error.cause.find(cause) != std::string::npos; }))
      << "it says: " << error.cause;
  EXPECT_NE(error.cause.find(vector.At("field")), std::string::npos) << "it says: " << error.cause;
}

void ExpectVerdict(const Vector& vector, std::span<const PrivateKey> identities) {
  Bytes bundle = fakes::UnpackedBundle(vector);
  EXPECT_EQ(Sha256(bundle).Hex(), vector.At("sha256"));
  std::string keyring_name = vector.At("keyring").empty() ? "keyring.json" : vector.At("keyring");
  auto keyring = Must(Keyring::Parse(ReadText(Kit() / keyring_name)));
  auto plain = vector.At("plain").empty() ? PlainBundles::kRefused : PlainBundles::kAccepted;
  auto verdict = fakes::Judge(fakes::MakeMemoryFile(bundle), keyring, identities, plain);
  if (vector.At("expect") == "accept") {
    ASSERT_TRUE(verdict.has_value()) << verdict.error().ToString();
    EXPECT_EQ(verdict->content_id.Hex(), vector.At("content-id"));
    EXPECT_EQ(verdict->entries.Hex(), vector.At("tree"));
    return;
  }
  EXPECT_EQ(vector.At("expect"), "refuse");
  ASSERT_FALSE(verdict.has_value()) << "it is accepted";
  ExpectRefusal(vector, verdict.error());
}

TEST(BundleVectorsTest, AreJudgedAsTheirHeadsSay) {
  auto keys = fakes::ReadVectors("keys.txt");
  std::vector<PrivateKey> identities;
  for (const char* name : {"probe-1-secret", "probe-2-secret"})
    identities.push_back(PrivateKey::FromRaw(KeyType::kX25519, keys.at(name)));
  for (const Vector& vector : ReadFolder("bundles")) {
    SCOPED_TRACE(vector.name + ": " + vector.At("comment"));
    ExpectVerdict(vector, identities);
  }
}

TEST(KeyringVectorsTest, AreJudgedAsTheirHeadsSay) {
  for (const Vector& vector : ReadFolder("keyrings")) {
    SCOPED_TRACE(vector.name + ": " + vector.At("comment"));
    EXPECT_EQ(Sha256(AsBytes(vector.body)).Hex(), vector.At("sha256"));
    auto keyring = Keyring::Parse(vector.body);
    EXPECT_EQ(vector.At("expect"), keyring ? "accept" : "refuse")
        << (keyring ? "" : keyring.error().ToString());
    if (!keyring) ExpectRefusal(vector, keyring.error(), ErrorCode::kInvalidArgument);
  }
}

TEST(VectorsTest, ThereIsOneForEveryReason) {
  std::set<std::string> reasons;
  for (const char* folder : {"bundles", "keyrings"}) {
    for (const Vector& vector : ReadFolder(folder)) reasons.insert(vector.At("reason"));
  }
  for (const auto& [reason, refusal] : Refusals())
    EXPECT_TRUE(reasons.contains(std::string(reason))) << reason;
}

TEST(WordVectorsTest, AreWordsOrNot) {
  auto health = [](std::string_view type) { return FindHealthType(type)->is_valid; };
  const std::map<std::string, std::function<bool(std::string_view)>> rules = {
      {"name", IsName},
      {"component", IsComponent},
      {"version", IsVersion},
      {"requirement", [](auto text) { return Requirement::Parse(text).has_value(); }},
      {"tree-path", [](auto text) { return !text.empty() && IsTreePath(text); }},
      {"probe-path", IsProbePath},
      {"unit", IsUnit},
      {"url", health("http")},
      {"address", health("tcp")},
      {"command", health("command")},
      {"postgresql-address", IsPostgresqlAddress},
  };
  auto lines = ReadLines("words.txt");
  EXPECT_GT(lines.size(), 100u);
  for (const std::string& line : lines) {
    std::istringstream fields(line);
    std::string rule, expected, text;
    std::getline(std::getline(std::getline(fields, rule, ' '), expected, ' '), text);
    EXPECT_EQ(rules.at(rule)(*Must(Json::ParseStrict(text)).AsString()), expected == "accept")
        << line;
  }
}

TEST(NormalFormVectorsTest, AreTheFormsOfTheirTexts) {
  auto lines = ReadLines("sql.txt");
  EXPECT_GT(lines.size(), 30u);
  for (const std::string& line : lines) {
    size_t space = line.find(' ');
    Json pair = Must(Json::ParseStrict(line.substr(space + 1)));
    const Json::Array& values = *pair.AsArray();
    auto engine = migrations::ParseEngine(line.substr(0, space));
    auto form = migrations::NormalForm(*values.at(0).AsString(), engine.value());
    const std::string* expected = values.at(1).AsString();
    ASSERT_EQ(form.has_value(), expected != nullptr) << line;
    if (expected != nullptr) {
      EXPECT_EQ(*form, *expected) << line;
    }
  }
}

TEST(VersionVectorsTest, CompareAsTheirLinesSay) {
  auto lines = ReadLines("versions.txt");
  EXPECT_GT(lines.size(), 30u);
  for (const std::string& line : lines) {
    std::istringstream fields(line);
    std::string one, relation, two;
    fields >> one >> relation >> two;
    EXPECT_TRUE(IsVersion(one) && IsVersion(two)) << line;
    auto order = CompareVersions(one, two);
    EXPECT_EQ(order < 0 ? "<" : order > 0 ? ">" : "=", relation) << line;
    EXPECT_EQ(CompareVersions(two, one), 0 <=> order) << line;
  }
}

}  // namespace
}  // namespace ignite::format
