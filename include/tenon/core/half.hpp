/// \file
/// Conversion of the two 16-bit floating point formats, F16 (IEEE 754 binary16) and BF16 (the upper half of a float),
/// to and from float. It computes with integers, so that no compiler option for faster arithmetic changes a result.
#pragma once

#include <bit>
#include <cstdint>

#include "isa.hpp"

namespace tenon::inline TENON_ISA::detail {

/// Returns the value of a BF16; exact.
constexpr float float_of_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

/// Returns the value of an F16; exact.
constexpr float float_of_f16(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16, exponent = bits >> 10 & 0x1fu,
                      fraction = bits & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);  // infinity, NaN
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  if (fraction == 0) return std::bit_cast<float>(sign);
  // Subnormal: fraction * 2^-24, whose leading bit becomes the implicit one.
  const auto shift = static_cast<std::uint32_t>(std::countl_zero(fraction)) - 21;
  return std::bit_cast<float>(sign | (113 - shift) << 23 | (fraction << shift & 0x3ffu) << 13);
}

/// Returns `bits` / 2^`count`, rounded to the nearest integer, halves to the even one; `count` is from 1 to 31.
constexpr std::uint32_t shift_rounded(std::uint32_t bits, std::uint32_t count) {
  const std::uint32_t quotient = bits >> count, rest = bits & ((1u << count) - 1), half = 1u << (count - 1);
  return quotient + (rest > half || (rest == half && (quotient & 1u) != 0));
}

/// Returns the BF16 nearest to a float, halves to the even one; beyond the largest, infinity.
constexpr std::uint16_t bf16_of_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 & 0x8000u) | 0x7fc0u;  // NaN
  return static_cast<std::uint16_t>(shift_rounded(bits, 16));
}

/// Returns the F16 nearest to a float, halves to the even one; beyond the largest, infinity.
constexpr std::uint16_t f16_of_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu, exponent = magnitude >> 23;
  std::uint32_t result = 0;
  if (magnitude > 0x7f800000u)
    result = 0x7e00u;  // NaN
  else if (magnitude >= 0x47800000u)
    result = 0x7c00u;  // 2^16 and more
  else if (exponent > 112)
    result = shift_rounded(magnitude - (112u << 23), 13);  // may carry, up to infinity
  else if (exponent > 101)
    result = shift_rounded((magnitude & 0x7fffffu) | 0x800000u, 126 - exponent);  // subnormal
  return static_cast<std::uint16_t>(sign | result);
}

}  // namespace tenon::inline TENON_ISA::detail
