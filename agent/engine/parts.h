// Everything the engine works with, put together by the mains and by tests.
#pragma once

#include <span>

#include "agent/engine/boot.h"
#include "agent/engine/handler.h"
#include "agent/engine/health.h"
#include "agent/engine/probe_paths.h"
#include "agent/engine/services.h"
#include "agent/engine/settings.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/reboot.h"
#include "payload-format/trust/keyring.h"

namespace ignite::engine {

struct Parts {
  const ProbePaths& paths;
  const Settings& settings;
  const format::Keyring& keyring;
  std::span<const format::PrivateKey> identities;
  FileSystem& files;
  Clock& clock;
  Services& services;
  HealthChecker& health;
  HandlerTable& handlers;
  Boot& boot;
  Reboot& reboot;
};

}  // namespace ignite::engine
