#include "agent/outbox/history_file.h"

#include <gtest/gtest.h>

#include "agent/engine/probe_files.h"
#include "agent/outbox/outbox.h"
#include "base/base64.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fakes/must.h"

namespace ignite::outbox {
namespace {

using fakes::Must;

const std::vector<engine::HistoryEntry> kEntries = {{1, R"({"id":1})", "aa"},
                                                    {2, R"({"id":2})", "bb"}};

class HistoryFileTest : public testing::Test {
 protected:
  std::string Read(std::string_view name) { return Must(files_->ReadFile(folder_ / name, 9999)); }
  void Write(const std::vector<engine::HistoryEntry>& entries) {
    Must(Outbox(*files_, clock_, folder_.path()).WriteHistory(entries, key_));
  }

  fakes::TemporaryDirectory folder_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  fakes::FakeClock clock_;
  format::PrivateKey key_ = format::PrivateKey::Generate(format::KeyType::kEd25519);
};

TEST_F(HistoryFileTest, EndsWithTheSignedHead) {
  std::string file = HistoryFile(kEntries).Signed(77, key_);
  std::string signature = ToBase64(key_.Sign(AsBytes("ignite history head 1\n2\nbb\n77\n")));
  EXPECT_EQ(file, StrCat("{\"id\":1,\"hash\":\"aa\"}\n{\"id\":2,\"hash\":\"bb\"}\n",
                         "{\"number\":2,\"head\":\"bb\",\"signed\":77,\"signature\":\"", signature,
                         "\"}\n"));
}

TEST_F(HistoryFileTest, OfAProbeWithoutHistoryIsAHeadAlone) {
  std::string file = HistoryFile({}).Signed(77, key_);
  EXPECT_TRUE(file.starts_with(
      StrCat("{\"number\":0,\"head\":\"", std::string(64, '0'), "\",\"signed\":77,")));
}

TEST_F(HistoryFileTest, KnowsAFileOfTheSameEntries) {
  HistoryFile history(kEntries);
  std::string file = history.Signed(77, key_);
  EXPECT_TRUE(history.IsIn(file));
  EXPECT_FALSE(history.IsIn(""));
  EXPECT_FALSE(history.IsIn(HistoryFile({kEntries[0]}).Signed(77, key_)));
  file[2] = 'x';
  EXPECT_FALSE(history.IsIn(file));
  auto longer = kEntries;
  longer.push_back({3, R"({"id":3})", "cc"});
  EXPECT_FALSE(history.IsIn(HistoryFile(longer).Signed(77, key_)));
}

TEST_F(HistoryFileTest, IsWrittenForNewEntriesAndAnotherKeyAlone) {
  Write({kEntries[0]});
  std::string first = Read("history.jsonl");
  EXPECT_EQ(Read("probe.pub"), key_.public_key().Pem());
  clock_.Sleep(std::chrono::hours(1));
  Write({kEntries[0]});
  EXPECT_EQ(Read("history.jsonl"), first);
  Write(kEntries);
  std::string second = Read("history.jsonl");
  EXPECT_NE(second, first);
  key_ = format::PrivateKey::Generate(format::KeyType::kEd25519);
  Write(kEntries);
  EXPECT_NE(Read("history.jsonl"), second) << "signed anew";
  EXPECT_EQ(Read("probe.pub"), key_.public_key().Pem());
}

TEST_F(HistoryFileTest, TheKeyIsMadeOnceForRootAlone) {
  engine::ProbePaths paths(folder_.path());
  Must(files_->MakeDirectories(paths.State(), 0755));
  auto made = Must(engine::ProvideProbeKey(*files_, paths));
  EXPECT_EQ(Must(files_->Inspect(paths.ProbeKey()))->mode, 0600u);
  auto again = Must(engine::ProvideProbeKey(*files_, paths));
  EXPECT_EQ(again.public_key(), made.public_key());

  Must(files_->WriteAtomically(paths.ProbeKey(), AsBytes("damaged"), 0600));
  EXPECT_FALSE(engine::ProvideProbeKey(*files_, paths));
  EXPECT_EQ(Must(files_->ReadFile(paths.ProbeKey(), 99)), "damaged");
}

}  // namespace
}  // namespace ignite::outbox
