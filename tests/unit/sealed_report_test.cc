#include "payload-format/sealed_report.h"

#include <gmock/gmock.h>

#include "payload-format/crypto/hpke.h"
#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;

class SealedReportTest : public testing::Test {
 protected:
  PrivateKey identity_ = PrivateKey::Generate(KeyType::kX25519);
  Bytes sealed_ = SealReport(identity_.public_key(), AsBytes("what went wrong"));
};

TEST_F(SealedReportTest, IsOpenedByItsRecipientAlone) {
  EXPECT_EQ(AsText(Must(OpenReport(identity_, sealed_))), "what went wrong");
  EXPECT_THAT(OpenReport(PrivateKey::Generate(KeyType::kX25519), sealed_),
              FailsWith(ErrorCode::kNotAddressed));
}

TEST_F(SealedReportTest, HasTheBytesOfTheSpecification) {
  using namespace std::string_view_literals;
  EXPECT_EQ(AsText(sealed_).substr(0, 8), "\x89IGNRPT\n"sv);
  HpkeMessage message;
  std::copy_n(sealed_.begin() + 8, 32, message.encapsulated_key.begin());
  message.sealed.assign(sealed_.begin() + 40, sealed_.end());
  auto plain = HpkeOpen(identity_, message, AsBytes("ignite report 1"), {});
  ASSERT_TRUE(plain);
  EXPECT_EQ(AsText(*plain), "what went wrong");
}

TEST_F(SealedReportTest, DamageAnywhereIsAnError) {
  for (size_t i = 0; i < sealed_.size(); ++i) {
    Bytes damaged = sealed_;
    damaged[i] ^= std::byte{1};
    EXPECT_FALSE(OpenReport(identity_, damaged)) << i;
    EXPECT_FALSE(OpenReport(identity_, ByteView(sealed_).first(i))) << i;
  }
}

}  // namespace
}  // namespace ignite::format
