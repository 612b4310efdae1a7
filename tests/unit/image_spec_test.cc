#include "payload-format/image/image_spec.h"

#include <gtest/gtest.h>

#include "tests/fakes/must.h"

namespace ignite::format {
namespace {

using fakes::FailsWith;
using fakes::Must;
using fakes::Succeeds;

PayloadInfo Sample() {
  return {"system", std::string(ImageSpec::kType), "os", "12.6", Json::EmptyObject(), {{1, {}}}};
}

TEST(ImageSpecTest, AnImageOfTheSystemWithOneStreamIsAllowed) {
  EXPECT_THAT(ImageSpec::Check(Sample()), Succeeds());
}

TEST(ImageSpecTest, RefusesEveryComponentButTheSystem) {
  for (const char* component : {"licence", "app/os", "data/main"}) {
    PayloadInfo payload = Sample();
    payload.component = component;
    EXPECT_THAT(ImageSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, component));
  }
}

TEST(ImageSpecTest, RefusesAnotherNumberOfStreams) {
  PayloadInfo payload = Sample();
  payload.streams.push_back({1, {}});
  EXPECT_THAT(ImageSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, "one stream"));
  payload.streams.clear();
  EXPECT_THAT(ImageSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, "one stream"));
}

TEST(ImageSpecTest, RefusesAnEmptyImage) {
  PayloadInfo payload = Sample();
  payload.streams[0].size = 0;
  EXPECT_THAT(ImageSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, "is empty"));
}

TEST(ImageSpecTest, RefusesEveryKeyOfTheSpecButNotes) {
  PayloadInfo payload = Sample();
  payload.spec = Must(Json::ParseStrict(R"({"x-made-by": "hand"})"));
  EXPECT_THAT(ImageSpec::Check(payload), Succeeds());
  payload.spec = Must(Json::ParseStrict(R"({"path": "/dev/sda2"})"));
  EXPECT_THAT(ImageSpec::Check(payload), FailsWith(ErrorCode::kCorrupt, "\"path\" is unknown"));
}

}  // namespace
}  // namespace ignite::format
