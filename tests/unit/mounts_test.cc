#include "agent/cli/mounts.h"

#include <gmock/gmock.h>

namespace ignite::cli {
namespace {

/// A box: the slot is a partition, the data another one.
constexpr std::string_view kBox =
    "1 0 8:3 / / ro,relatime shared:1 - ext4 /dev/sda3 ro\n"
    "2 1 0:5 / /proc rw - proc proc rw\n"
    "3 1 8:5 / /data rw - ext4 /dev/sda5 rw\n"
    "4 1 8:5 /state /var/lib/ignite rw master:2 propagate_from:1 - ext4 /dev/sda5 rw\n"
    "5 1 8:3 /opt/real /opt/bound rw - ext4 /dev/sda3 ro\n"
    "6 1 8:6 / /mnt/with\\040blank rw - ext4 /dev/sda6 ro,noatime\n";

/// A container: slots and data are folders of one disk of the host.
constexpr std::string_view kContainer =
    "1 0 8:1 /machines/one/slots/a / ro - ext4 /dev/sda1 rw\n"
    "2 1 8:1 /machines/one/data /data rw - ext4 /dev/sda1 rw\n"
    "3 1 8:1 /machines/one/slots /slots rw - ext4 /dev/sda1 rw\n"
    "4 1 8:1 /machines/one/slots/a/etc /etc/again rw - ext4 /dev/sda1 rw\n";

TEST(MountsTest, FindsTheMountThatHoldsAPath) {
  Mounts mounts(kBox);
  EXPECT_EQ(mounts.Of("/etc/fstab").place, "/");
  EXPECT_EQ(mounts.Of("/var/lib/ignite/journal.db").place, "/var/lib/ignite");
  EXPECT_EQ(mounts.Of("/var/lib/ignited").place, "/") << "a name that only begins like it";
  EXPECT_EQ(mounts.Of("/mnt/with blank/x").type, "ext4");
  EXPECT_TRUE(mounts.IsPlace("/data"));
  EXPECT_FALSE(mounts.IsPlace("/data/x"));
}

TEST(MountsTest, ReadOnlyIsAMountOrItsDisk) {
  Mounts mounts(kBox);
  EXPECT_TRUE(mounts.Of("/").read_only);
  EXPECT_FALSE(mounts.Of("/data").read_only);
  EXPECT_TRUE(mounts.Of("/mnt/with blank").read_only);
}

TEST(MountsTest, TheLastMountOfAPlaceIsTheOneThatIsSeen) {
  std::string twice = std::string(kBox) + "9 3 0:9 / /data rw - tmpfs tmpfs rw\n";
  EXPECT_EQ(Mounts(twice).Of("/data/x").type, "tmpfs");
}

TEST(MountsTest, WhatABoxHasOnTheSlot) {
  Mounts mounts(kBox);
  EXPECT_TRUE(mounts.LiesIn("/", "/"));
  EXPECT_TRUE(mounts.LiesIn("/etc/machine-id", "/"));
  EXPECT_TRUE(mounts.LiesIn("/opt/bound/x", "/")) << "bound from the slot itself";
  EXPECT_FALSE(mounts.LiesIn("/var/lib/ignite", "/"));
  EXPECT_FALSE(mounts.LiesIn("/data/x", "/"));
}

TEST(MountsTest, WhatAContainerHasOnTheSlot) {
  Mounts mounts(kContainer);
  EXPECT_TRUE(mounts.LiesIn("/opt/web", "/"));
  EXPECT_TRUE(mounts.LiesIn("/etc/again/x", "/"));
  EXPECT_TRUE(mounts.LiesIn("/slots/a/opt", "/"));
  EXPECT_FALSE(mounts.LiesIn("/slots/b/opt", "/"));
  EXPECT_FALSE(mounts.LiesIn("/data/web", "/")) << "one disk, and another folder of it";
}

}  // namespace
}  // namespace ignite::cli
