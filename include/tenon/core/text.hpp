/// \file
/// Strings for messages and names.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdio>
#include <string>

#include "allocator.hpp"
#include "isa.hpp"

namespace tenon::inline TENON_ISA {

/// The string type of error messages.
using Text = std::basic_string<char, std::char_traits<char>, Allocator<char>>;

/// Returns a number as std::to_string writes it.
template <std::integral Integer>
Text to_text(Integer number) {
  char digits[24];
  char* const end = digits + sizeof digits;
  char* begin = end;
  bool negative = false;
  if constexpr (std::signed_integral<Integer>) negative = number < 0;
  do {
    const int digit = static_cast<int>(number % 10);
    *--begin = static_cast<char>('0' + (negative ? -digit : digit));
    number = static_cast<Integer>(number / 10);
  } while (number != 0);
  if (negative) *--begin = '-';
  return Text(begin, static_cast<std::size_t>(end - begin));
}
inline Text to_text(double number) {
  char digits[330];  // the largest has 309 before the point
  std::snprintf(digits, sizeof digits, "%f", number);
  return digits;
}

}  // namespace tenon::inline TENON_ISA
