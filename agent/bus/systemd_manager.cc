#include "agent/bus/systemd_manager.h"

#include <cerrno>
#include <map>

#include "base/file_system.h"
#include "base/str_cat.h"

namespace ignite::bus {
namespace {

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";
constexpr std::string_view kNoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";
/// systemd ends a job itself by the time-outs of its unit; this one is for a bus that went silent.
constexpr uint64_t kJobTimeoutUs = uint64_t{10} * 60 * 1'000'000;

inline void FreeMessage(sd_bus_message* message) noexcept { (void)sd_bus_message_unref(message); }
inline void FreeSlot(sd_bus_slot* slot) noexcept { (void)sd_bus_slot_unref(slot); }
using Message = CHandle<sd_bus_message, FreeMessage>;
using Slot = CHandle<sd_bus_slot, FreeSlot>;

class BusError {
 public:
  BusError() = default;
  ~BusError() { sd_bus_error_free(&error_); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  sd_bus_error* get() { return &error_; }
  bool Is(std::string_view name) const { return error_.name != nullptr && error_.name == name; }
  Error With(std::string_view doing, int code) const {
    if (error_.message == nullptr) return SystemError(doing, -code);
    return {ErrorCode::kIo, StrCat(doing, ": ", error_.message), "look at 'systemctl status'"};
  }

 private:
  sd_bus_error error_ = SD_BUS_ERROR_NULL;
};

/// Job -> "done", "failed", ..., as JobRemoved signals tell it.
using JobResults = std::map<std::string, std::string>;

int OnJobRemoved(sd_bus_message* message, void* data, sd_bus_error*) noexcept {
  uint32_t id = 0;
  const char* job = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) >= 0)
    static_cast<JobResults*>(data)->emplace(job, result);
  return 0;
}

}  // namespace

Result<SystemdManager> SystemdManager::Connect() {
  sd_bus* bus = nullptr;
  if (int opened = sd_bus_open_system(&bus); opened < 0)
    return SystemError("connecting to the system bus", -opened);
  return SystemdManager(bus);
}

Result<std::string> SystemdManager::QueueJob(const char* method, const std::string& unit) {
  BusError error;
  sd_bus_message* reply = nullptr;
  int called = sd_bus_call_method(bus_.get(), kService, kPath, kManager, method, error.get(),
                                  &reply, "ss", unit.c_str(), "replace");
  Message owned(reply);
  if (called < 0 && error.Is(kNoSuchUnit) && std::string_view(method) == "StopUnit")
    return std::string();
  if (called < 0) return error.With(StrCat(method, " ", unit), called);
  const char* job = nullptr;
  if (int read = sd_bus_message_read(reply, "o", &job); read < 0)
    return SystemError("reading systemd's answer", -read);
  return std::string(job);
}

Result<> SystemdManager::RunJobs(const char* method, const std::vector<std::string>& units) {
  BusError error;
  int subscribed = sd_bus_call_method(bus_.get(), kService, kPath, kManager, "Subscribe",
                                      error.get(), nullptr, "");
  if (subscribed < 0) return error.With("subscribing to systemd", subscribed);
  JobResults results;
  sd_bus_slot* slot = nullptr;
  int matched = sd_bus_match_signal(bus_.get(), &slot, kService, kPath, kManager, "JobRemoved",
                                    OnJobRemoved, &results);
  Slot owned(slot);
  if (matched < 0) return SystemError("watching systemd's jobs", -matched);

  std::map<std::string, std::string> jobs;  // Job -> unit.
  for (const std::string& unit : units) {
    std::string job = TRY(QueueJob(method, unit));
    if (!job.empty()) jobs.emplace(std::move(job), unit);
  }
  for (const auto& [job, unit] : jobs) {
    while (!results.contains(job)) {
      int processed = sd_bus_process(bus_.get(), nullptr);
      if (processed < 0) return SystemError("waiting for systemd", -processed);
      if (processed > 0) continue;
      int waited = sd_bus_wait(bus_.get(), kJobTimeoutUs);
      if (waited < 0 && waited != -EINTR) return SystemError("waiting for systemd", -waited);
      if (waited == 0) return SystemError(StrCat("waiting for ", unit), ETIMEDOUT);
    }
    if (results[job] == "done") continue;
    return Error{ErrorCode::kIo, StrCat(method, " ", unit, ": the job ended as ", results[job]),
                 StrCat("look at 'journalctl -u ", unit, "'")};
  }
  return {};
}

Result<> SystemdManager::RequestStart(const std::string& unit) {
  TRY(QueueJob("StartUnit", unit));
  return {};
}

Result<> SystemdManager::Reload() {
  BusError error;
  int called =
      sd_bus_call_method(bus_.get(), kService, kPath, kManager, "Reload", error.get(), nullptr, "");
  if (called < 0) return error.With("reloading systemd's units", called);
  return {};
}

Result<std::string> SystemdManager::ActiveState(const std::string& unit) {
  BusError error;
  sd_bus_message* reply = nullptr;
  int called = sd_bus_call_method(bus_.get(), kService, kPath, kManager, "LoadUnit", error.get(),
                                  &reply, "s", unit.c_str());
  Message owned(reply);
  if (called < 0) return error.With(StrCat("looking at ", unit), called);
  const char* path = nullptr;
  if (int read = sd_bus_message_read(reply, "o", &path); read < 0)
    return SystemError("reading systemd's answer", -read);
  char* text = nullptr;
  int got = sd_bus_get_property_string(bus_.get(), kService, path, kUnit, "ActiveState",
                                       error.get(), &text);
  if (got < 0) return error.With(StrCat("looking at ", unit), got);
  std::string state(text);
  free(text);
  return state;
}

}  // namespace ignite::bus
