// One pattern for every handle of a C library: a unique_ptr of pointer size that frees with the
// library's function.
//
//   using Statement = CHandle<sqlite3_stmt, sqlite3_finalize>;
//
// The alias lives beside the only code that uses the library. Where freeing can report an error,
// call the checked close yourself; the destructor is the error path.
#pragma once

#include <memory>

namespace ignite {

template <auto Free>
struct CDeleter {
  template <class T>
  void operator()(T* pointer) const noexcept {
    (void)Free(pointer);
  }
};

template <class T, auto Free>
using CHandle = std::unique_ptr<T, CDeleter<Free>>;

}  // namespace ignite
