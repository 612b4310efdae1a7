// The agent on the test kit of tests/vectors: it installs what a reader accepts and it has a
// handler for, and of what a reader refuses it leaves nothing.
#include <gtest/gtest.h>

#include "tests/fakes/fake_probe.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"
#include "tests/fakes/vectors.h"

namespace ignite::engine {
namespace {

using fakes::FakeProbe;
using fakes::Must;
using fakes::Vector;

std::vector<format::PrivateKey> Identities() {
  auto keys = fakes::ReadVectors("keys.txt");
  std::vector<format::PrivateKey> identities;
  for (const char* name : {"probe-1-secret", "probe-2-secret"})
    identities.push_back(format::PrivateKey::FromRaw(format::KeyType::kX25519, keys.at(name)));
  return identities;
}

class AgentVectorsTest : public testing::Test {
 protected:
  AgentVectorsTest() { probe_.settings.compatible = "netprobe-x86_64"; }

  Verdict Install(const Vector& vector) {
    std::string name = vector.At("keyring").empty() ? "keyring.json" : vector.At("keyring");
    auto keyring = Must(format::Keyring::Parse(fakes::ReadText(fakes::Kit() / name)));
    probe_.settings.allow_unencrypted = !vector.At("plain").empty();
    Parts parts{probe_.paths,    probe_.settings, keyring,         identities_,
                probe_.files,    probe_.clock,    probe_.services, probe_.health,
                probe_.handlers, probe_.boot,     probe_.boot};
    return Must(Engine(parts).Install(
        {fakes::MakeMemoryFile(fakes::UnpackedBundle(vector)), vector.name, Origin::kEngineer},
        probe_.observer));
  }
  Verdict Install(std::string_view name) {
    return Install(fakes::ReadVector(fakes::Kit() / "bundles" / name));
  }

  const std::vector<format::PrivateKey> identities_ = Identities();
  FakeProbe probe_;
};

TEST_F(AgentVectorsTest, WhatAReaderRefusesIsNotInstalledAndLeavesNothing) {
  size_t refused = 0;
  for (const auto& file : std::filesystem::directory_iterator(fakes::Kit() / "bundles")) {
    Vector vector = fakes::ReadVector(file.path());
    if (vector.At("expect") != "refuse") continue;
    EXPECT_EQ(StateName(Install(vector).state), "refused") << vector.name;
    ++refused;
  }
  EXPECT_GT(refused, 200u);
  Journal journal = probe_.OpenJournal();
  EXPECT_TRUE(Must(journal.Deployments()).empty());
  EXPECT_TRUE(Must(journal.Releases()).empty());
  EXPECT_TRUE(probe_.services.log.empty());
}

TEST_F(AgentVectorsTest, TreesOfEveryShapeAreInstalled) {
  for (const char* name : {"tree-of-all-types", "chunks-many", "payloads-two", "stream-empty",
                           "permission-setuid-allowed", "tree-odd-names", "plain"})
    EXPECT_EQ(StateName(Install(name).state), "committed") << name;
}

TEST_F(AgentVectorsTest, ABundleThatBringsNothingIsRefused) {
  EXPECT_EQ(Install("payloads-none").reason, "types");
}

TEST_F(AgentVectorsTest, AnImageIsRefusedWhereThereIsNoSlotForIt) {
  EXPECT_EQ(Install("image").reason, "targets");
}

}  // namespace
}  // namespace ignite::engine
