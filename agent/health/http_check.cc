#include "agent/health/http_check.h"

#include <curl/curl.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>

#include "base/c_handle.h"
#include "base/str_cat.h"

namespace ignite::health {
namespace {

using Request = CHandle<CURL, curl_easy_cleanup>;

constexpr size_t kMaxBody = 1024 * 1024;

/// Takes the body without keeping it; an endless one ends the request.
size_t DropBody(char*, size_t size, size_t count, void* seen) noexcept {
  auto* total = static_cast<size_t*>(seen);
  *total += size * count;
  return *total > kMaxBody ? 0 : size * count;
}

Error Unhealthy(const std::string& url, std::string_view what) {
  return {ErrorCode::kIo, StrCat("GET ", url, ": ", what),
          "look at the log of the unit that serves it"};
}

/// HOST:PORT:ADDRESS for CURLOPT_RESOLVE. libcurl would look a name up in a thread of its own, and
/// `threads = 1` means one.
Result<std::string> ResolveEntry(const std::string& url) {
  CHandle<CURLU, curl_url_cleanup> parsed(curl_url());
  char* host = nullptr;
  char* port = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return Unhealthy(url, "this is no address");
  }
  CHandle<char, curl_free> host_owner(host);
  if (curl_url_get(parsed.get(), CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
    return Unhealthy(url, "this is no address");
  CHandle<char, curl_free> port_owner(port);
  if (host[0] == '[') return std::string();  // An address already.
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int code = getaddrinfo(host, port, &hints, &found); code != 0)
    return Unhealthy(url, gai_strerror(code));
  CHandle<addrinfo, freeaddrinfo> addresses(found);
  std::string entry = StrCat(host, ":", port, ":");
  for (const addrinfo* next = found; next != nullptr; next = next->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(next->ai_addr, next->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0)
      continue;
    std::string_view address = text.data();
    bool first = entry.ends_with(':');
    entry += StrCat(first ? "" : ",",
                    next->ai_family == AF_INET6 ? StrCat("[", address, "]") : std::string(address));
  }
  return entry;
}

}  // namespace

Result<> CheckHttp(const std::string& url, std::chrono::milliseconds limit) {
  Request request(curl_easy_init());
  if (request == nullptr) return Unhealthy(url, "libcurl does not start");
  std::string entry = TRY(ResolveEntry(url));
  CHandle<curl_slist, curl_slist_free_all> resolved(
      entry.empty() ? nullptr : curl_slist_append(nullptr, entry.c_str()));
  size_t seen = 0;
  CURL* handle = request.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_RESOLVE, resolved.get());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, DropBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &seen);
  CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return Unhealthy(url, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status >= 400) return Unhealthy(url, StrCat("the answer was ", status));
  return {};
}

}  // namespace ignite::health
