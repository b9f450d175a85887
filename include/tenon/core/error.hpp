/// \file
/// Errors at run time, of files and of data. Mistakes that types show are errors at compile time.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "isa.hpp"
#include "text.hpp"

namespace tenon {

/// An error of a file or of data; the message names the file, the entry, and what was wanted and found.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline namespace TENON_ISA {

/// A function that is called with the message of an error.
using ErrorHandler = void (*)(const char* message);

namespace detail {
inline ErrorHandler error_handler = nullptr;
}

/// Sets the function that an error calls before it aborts, in a program built with -fno-exceptions; null for one that
/// prints the message to stderr. Returns the handler that was set before.
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
