#include "agent/engine/transaction_lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>

#include <thread>

#include "tests/fakes/must.h"
#include "tests/fakes/temporary_directory.h"

namespace ignite::engine {
namespace {

using fakes::Must;

class TransactionLockTest : public testing::Test {
 protected:
  fakes::TemporaryDirectory folder_;
  const std::string path_ = folder_ / "lock";
};

TEST_F(TransactionLockTest, IsFreeBehindItsHolderAlone) {
  EXPECT_FALSE(TransactionLock::IsFree(path_)) << "nothing can be told where there is none";
  {
    TransactionLock lock = Must(TransactionLock::Take(path_, "testing"));
    EXPECT_FALSE(TransactionLock::IsFree(path_));
    auto second = TransactionLock::Take(path_, "testing too");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kBusy);
    EXPECT_THAT(second.error().cause, testing::HasSubstr("testing, process "));
  }
  EXPECT_TRUE(TransactionLock::IsFree(path_));
  Must(TransactionLock::Take(path_, "testing"));
}

TEST_F(TransactionLockTest, AReaderThatLooksKeepsNobodyFromTakingIt) {
  Must(TransactionLock::Take(path_, "testing"));
  UniqueFd reader(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(flock(reader.get(), LOCK_SH | LOCK_NB), 0);
  EXPECT_TRUE(TransactionLock::IsFree(path_)) << "nor another reader from seeing that it is free";
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    reader.Reset();
  });
  EXPECT_TRUE(TransactionLock::Take(path_, "testing"));
  end.join();
}

}  // namespace
}  // namespace ignite::engine
