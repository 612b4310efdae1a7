#include "agent/engine/settings.h"

#include <gmock/gmock.h>

#include "tests/fakes/must.h"

namespace ignite::engine {
namespace {

using fakes::FailsWith;
using fakes::Must;

constexpr const char* kMinimal = "[probe]\nproduct = netprobe\ncompatible = box\n";

std::string CauseOf(const std::string& text) {
  auto settings = Settings::Parse(text);
  return settings ? "no fault" : settings.error().cause;
}

TEST(SettingsTest, OnlyProductAndCompatibleAreRequired) {
  Settings settings = Must(Settings::Parse(kMinimal));
  EXPECT_EQ(settings.product, "netprobe");
  EXPECT_TRUE(settings.auto_apply);
  EXPECT_EQ(settings.trial, std::chrono::seconds(60));
  EXPECT_EQ(settings.keep_deployments, 3);
  EXPECT_EQ(settings.threads, 0u);
  EXPECT_FALSE(settings.allow_unencrypted);
  EXPECT_EQ(settings.stage, StageUploads::kComplete);
  EXPECT_EQ(settings.services, ServicesBackend::kNone);
}

TEST(SettingsTest, EverySettingIsRead) {
  Settings settings = Must(Settings::Parse(
      std::string(kMinimal) +
      "channel = beta\n[policy]\nauto-apply = no\ntrial = 2m\nkeep-deployments = 5\n"
      "threads = 1\nallow-unencrypted = yes\nstage = early\nreport-recipient = "
      "/etc/head-office.pub\n[services]\nbackend = command\n"
      "command = /bin/units\n"));
  EXPECT_EQ(settings.channel, "beta");
  EXPECT_FALSE(settings.auto_apply);
  EXPECT_EQ(settings.trial, std::chrono::minutes(2));
  EXPECT_EQ(settings.keep_deployments, 5);
  EXPECT_EQ(settings.threads, 1u);
  EXPECT_TRUE(settings.allow_unencrypted);
  EXPECT_EQ(settings.stage, StageUploads::kEarly);
  EXPECT_EQ(settings.report_recipient, "/etc/head-office.pub");
  EXPECT_EQ(settings.services, ServicesBackend::kCommand);
  EXPECT_EQ(settings.services_command, "/bin/units");
}

TEST(SettingsTest, UnknownKeysAndSectionsNameTheNearestKnown) {
  EXPECT_THAT(
      CauseOf(std::string(kMinimal) + "chanel = x\n"),
      testing::HasSubstr("agent.ini:4: unknown key 'chanel' in [probe] (did you mean 'channel'?)"));
  EXPECT_THAT(CauseOf(std::string(kMinimal) + "[polices]\n"),
              testing::HasSubstr("unknown section [polices] (did you mean 'policy'?)"));
}

TEST(SettingsTest, AllFaultsAreToldAtOnceWithTheirLines) {
  std::string cause = CauseOf(
      "[probe]\nproduct = a b\n[policy]\ntrial = soon\nkeep-deployments = 1\nallow-unencrypted = "
      "maybe\n");
  for (const char* part : {"agent.ini:1: 'compatible' is missing",
                           "agent.ini:2:", "agent.ini:4:", "agent.ini:5:", "agent.ini:6:"}) {
    EXPECT_THAT(cause, testing::HasSubstr(part));
  }
}

TEST(SettingsTest, AFaultShowsNoControlCharacterOfTheFile) {
  EXPECT_EQ(
      CauseOf(std::string(kMinimal) + "channel = \x1b[2J\n  b\nk\x9b = 1\n[s\x1b]\n"),
      "agent.ini:4: 'channel = \\x1b[2J\\x0ab' is not accepted (give a name)\n"
      "agent.ini:6: unknown key 'k\\x9b' in [probe] (known are product, compatible, channel)\n"
      "agent.ini:7: unknown section [s\\x1b] (known are probe, policy, boot, slot a, slot b, "
      "services)");
}

TEST(SettingsTest, TheCommandBackEndNeedsItsProgram) {
  EXPECT_THAT(Settings::Parse(std::string(kMinimal) + "[services]\nbackend = command\n"),
              FailsWith(ErrorCode::kInvalidArgument, "'command'"));
}

TEST(SettingsTest, SlotsAndTheirBootBackEndAreRead) {
  Settings none = Must(Settings::Parse(kMinimal));
  EXPECT_EQ(none.boot, BootBackend::kNone);
  EXPECT_EQ(none.boot_deadline, std::chrono::minutes(30));

  Settings grub = Must(Settings::Parse(std::string(kMinimal) +
                                       "[boot]\nbackend = grub\ngrubenv = /boot/grubenv\n"
                                       "[slot a]\ndevice = /dev/x2\n[slot b]\ndevice = /dev/x3\n"));
  EXPECT_EQ(grub.boot, BootBackend::kGrub);
  EXPECT_EQ(grub.grubenv, "/boot/grubenv");
  EXPECT_EQ(grub.PlaceOf(Slot::kA).device, "/dev/x2");
  EXPECT_EQ(grub.PlaceOf(Slot::kB).device, "/dev/x3");

  Settings container =
      Must(Settings::Parse(std::string(kMinimal) + "[boot]\nbackend = container\ndeadline = 1h\n"));
  EXPECT_EQ(container.boot, BootBackend::kContainer);
  EXPECT_EQ(container.boot_deadline, std::chrono::hours(1));
  EXPECT_EQ(container.PlaceOf(Slot::kA).path, "/slots/a");
  EXPECT_EQ(container.PlaceOf(Slot::kB).path, "/slots/b");

  Settings command = Must(Settings::Parse(std::string(kMinimal) +
                                          "[boot]\nbackend = command\ncommand = /bin/slots\n"
                                          "[slot a]\npath = /one\n[slot b]\npath = /two\n"));
  EXPECT_EQ(command.boot, BootBackend::kCommand);
  EXPECT_EQ(command.boot_command, "/bin/slots");
  EXPECT_EQ(command.PlaceOf(Slot::kB).path, "/two");
}

TEST(SettingsTest, ABootBackEndNeedsItsSlotsAndItsProgram) {
  struct Case {
    std::string text;
    std::string fault;
  };
  const std::string devices = "[slot a]\ndevice = /dev/x2\n[slot b]\ndevice = /dev/x3\n";
  for (const auto& [text, fault] : std::vector<Case>{
           {"backend = lilo\n", "agent.ini:5: 'backend = lilo' is not accepted"},
           {"backend = command\n" + devices, "agent.ini:4: backend = command needs 'command'"},
           {"backend = command\ncommand = slots\n" + devices, "give the absolute path"},
           {"backend = command\ncommand = /s\n[slot a]\npath = /a\n[slot b]\n",
            "agent.ini:9: [slot b] needs one place"},
           {"backend = command\ncommand = /s\n" + devices + "path = /b\n",
            "agent.ini:9: [slot b] needs one place"},
           {"backend = grub\n", "agent.ini:4: backend = grub needs a device for [slot a]"},
           {"backend = grub\n[slot a]\npath = /a\n[slot b]\ndevice = /dev/x3\n",
            "agent.ini:6: backend = grub needs a device for [slot a]"},
           {"backend = grub\n" + devices + "path = /b\n",
            "agent.ini:8: backend = grub needs a device for [slot b]"},
           {"backend = container\n[slot b]\npath = /b\n",
            "agent.ini:6: ignite-init enters [slot b] at /slots/b only"},
           {"backend = container\n[slot a]\ndevice = /dev/x2\n",
            "agent.ini:6: ignite-init enters [slot a] at /slots/a only"},
           {"backend = container\ndeadline = 0s\n", "from 1s to 168h"},
           {"backend = container\ndeadline = 169h\n", "from 1s to 168h"},
       }) {
    EXPECT_THAT(CauseOf(kMinimal + ("[boot]\n" + text)), testing::HasSubstr(fault)) << text;
  }
}

TEST(SettingsTest, WhatComesWithALaterVersionSaysSo) {
  EXPECT_THAT(CauseOf(std::string(kMinimal) + "[policy]\nallow-ftp-rollback = yes\n"),
              testing::HasSubstr("later version"));
}

}  // namespace
}  // namespace ignite::engine
