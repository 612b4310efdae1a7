// Small bridges between std::byte and OpenSSL's unsigned char, for this folder alone.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <type_traits>

#include "base/bytes.h"

namespace ignite::format {

/// The data of a container of bytes, const where its bytes are.
template <class Container>
auto* Octets(Container&& bytes) {
  if constexpr (std::is_const_v<std::remove_pointer_t<decltype(bytes.data())>>) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  } else {
    return reinterpret_cast<unsigned char*>(bytes.data());
  }
}

/// For calls that fail only where memory or the random source does.
inline void MustSucceed(bool ok) {
  if (ok) return;
  (void)std::fputs("ignite: OpenSSL failed in an operation that cannot fail\n", stderr);
  std::abort();
}
inline void MustSucceed(int result) { MustSucceed(result == 1); }

}  // namespace ignite::format
