/// \file
/// What goes wrong at run time: files and data. What types know goes wrong at compile time.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "isa.hpp"
#include "text.hpp"

namespace tenon {

/// A file or data that is not as wanted; the message names the file, the entry, the wanted and the found.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline namespace TENON_ISA {

using ErrorHandler = void (*)(const char* message);

namespace detail {
inline ErrorHandler error_handler = nullptr;
}

/// Where built with -fno-exceptions, an error calls `handler` (none: prints the message to stderr) and then aborts.
/// Returns the handler it replaces.
inline ErrorHandler set_error_handler(ErrorHandler handler) { return std::exchange(detail::error_handler, handler); }

/// Throws `Error{message}`; without exceptions calls the error handler and aborts.
[[noreturn]] inline void raise(const char* message) {
#if defined(__cpp_exceptions)
  throw Error(message);
#else
  if (detail::error_handler)
    detail::error_handler(message);
  else
    std::fprintf(stderr, "tenon: %s\n", message);
  std::abort();
#endif
}
[[noreturn]] inline void raise(const Text& message) { raise(message.c_str()); }
[[noreturn]] inline void raise(const std::string& message) { raise(message.c_str()); }

}  // namespace TENON_ISA
}  // namespace tenon
