#include "packager/program_signer.h"

#include <gtest/gtest.h>

#include "payload-format/container/signatures.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::packager {
namespace {

using fakes::FailsWith;
using fakes::Keys;
using fakes::Must;
using testing::ElementsAre;

/// A program that notes how it was called and ends as it was told.
class RecordingProcess : public Process {
 public:
  RecordingProcess(Command& called, Outcome outcome)
      : called_(called), outcome_(std::move(outcome)) {}
  Result<Outcome> Run(const Command& command) override {
    called_ = command;
    return outcome_;
  }

 private:
  Command& called_;
  Outcome outcome_;
};

const Bytes kHeader(format::kHeaderSize, std::byte{7});

class ProgramSignerTest : public testing::Test {
 protected:
  Result<format::SignatureEntry> Sign(Outcome outcome) {
    auto signer = MakeProgramSigner(std::make_unique<RecordingProcess>(called_, std::move(outcome)),
                                    "token sign \x1b[2J", Keys().qa.public_key());
    return format::SignHeader(*signer, kHeader);
  }
  static std::string SignatureBy(const format::PrivateKey& key) {
    return std::string(AsText(key.Sign(format::SignedMessage(kHeader))));
  }

  Command called_;
};

TEST_F(ProgramSignerTest, HandsTheProgramTheEncodingOfHeaderAndTakesItsSignature) {
  format::SignatureEntry entry = Must(Sign({0, SignatureBy(Keys().qa), false}));
  EXPECT_EQ(entry.key_id, Keys().qa.public_key().Id());
  EXPECT_TRUE(Keys().qa.public_key().Verifies(format::SignedMessage(kHeader), entry.signature));
  EXPECT_EQ(called_.input, format::SignedMessage(kHeader));
  EXPECT_THAT(called_.arguments, ElementsAre("/bin/sh", "-c", "token sign \x1b[2J"));
  EXPECT_TRUE(called_.attended) << "a token may ask for its PIN";
}

TEST_F(ProgramSignerTest, AProgramThatIsNotThereOrFailsIsToldSo) {
  EXPECT_THAT(Sign({127, "", false}), FailsWith(ErrorCode::kNotFound, R"('token sign \x1b[2J')"));
  EXPECT_THAT(Sign({3, SignatureBy(Keys().qa), false}),
              FailsWith(ErrorCode::kIo, "ended with exit code 3"));
  std::string signature = SignatureBy(Keys().qa);
  EXPECT_EQ(Sign({3, signature, false, false, signature}).error().cause.find("it said"),
            std::string::npos)
      << "the beginning of a signature is no message";
  EXPECT_THAT(Sign({137, "", true}), FailsWith(ErrorCode::kIo, "did not end within 600 s"));
}

TEST_F(ProgramSignerTest, TakesNothingButTheBytesOfASignature) {
  std::string signature = SignatureBy(Keys().qa);
  for (std::string output : {std::string(), signature.substr(1), signature + "\n"}) {
    EXPECT_THAT(Sign({0, output, false}),
                FailsWith(ErrorCode::kIo, std::to_string(output.size()) + " bytes where"));
  }
}

TEST_F(ProgramSignerTest, RefusesTheSignatureOfAnotherKey) {
  EXPECT_THAT(Sign({0, SignatureBy(Keys().release), false}),
              FailsWith(ErrorCode::kIo, "does not fit"));
}

TEST_F(ProgramSignerTest, RunsARealProgram) {
  auto signer =
      MakeProgramSigner(MakeSystemProcess(), "head -c 64 /dev/zero", Keys().qa.public_key());
  EXPECT_EQ(Must(signer->Sign(kHeader)), format::Signature{});
  signer = MakeProgramSigner(MakeSystemProcess(), "ignite-no-such-program", Keys().qa.public_key());
  EXPECT_THAT(signer->Sign(kHeader), FailsWith(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace ignite::packager
