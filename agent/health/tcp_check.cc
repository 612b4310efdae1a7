#include "agent/health/tcp_check.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "base/c_handle.h"
#include "base/str_cat.h"
#include "base/unique_fd.h"
#include "payload-format/manifest/health_spec.h"

namespace ignite::health {
namespace {

using Addresses = CHandle<addrinfo, freeaddrinfo>;

/// 0 where the connection stands, else the errno.
int Connect(const addrinfo& address, std::chrono::milliseconds limit) {
  UniqueFd fd(socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  if (connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{fd.get(), POLLOUT, 0};
  if (poll(&waiting, 1, static_cast<int>(limit.count())) != 1) return ETIMEDOUT;
  int failure = 0;
  socklen_t size = sizeof failure;
  return getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &size) == 0 ? failure : errno;
}

}  // namespace

Result<> CheckTcp(const std::string& address, std::chrono::milliseconds limit) {
  auto unhealthy = [&](std::string_view what) {
    return Error{ErrorCode::kIo, StrCat("connecting to ", address, ": ", what),
                 "look at the log of the unit that listens there"};
  };
  auto parts = format::SplitAddress(address);
  if (!parts) return unhealthy("this is no HOST:PORT");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int code = getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found); code != 0)
    return unhealthy(gai_strerror(code));
  Addresses addresses(found);
  int failure = ECONNREFUSED;
  for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
    failure = Connect(*next, limit);
    if (failure == 0) return {};
  }
  return unhealthy(std::generic_category().message(failure));
}

}  // namespace ignite::health
