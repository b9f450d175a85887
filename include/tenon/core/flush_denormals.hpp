/// \file
/// `FlushDenormals`: numbers too small to have all their digits count as zeros, for a while, in one thread.
#pragma once

#include <cstdint>

#include "isa.hpp"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace tenon::inline TENON_ISA {

/// While it lives, the processor takes and gives zeros for the smallest numbers (below 1.2e-38 in float) in this
/// thread. Most processors need a hundred cycles and more for an operation on one of them, and they come up wherever
/// something decays: in the states of recurrent layers and in audio that fades out.
///
///     const tenon::FlushDenormals guard;
///     auto y = nn::Tanh{}(Tensor<float, 1, 64>{});
///
/// The end of the scope restores what was before. On processors other than x86 and 64-bit ARM it does nothing.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : before_(read()) { write(before_ | bits); }
  ~FlushDenormals() { write(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE__)
  using Register = unsigned;
  static constexpr Register bits = 0x8040;  // flush to zero, denormals are zeros
  static Register read() noexcept { return _mm_getcsr(); }
  static void write(Register value) noexcept { _mm_setcsr(value); }
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
  using Register = std::uint64_t;
  static constexpr Register bits = Register{1} << 24;  // flush to zero
  static Register read() noexcept {
    Register value;
    asm volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void write(Register value) noexcept { asm volatile("msr fpcr, %0" : : "r"(value)); }
#else
  using Register = unsigned;
  static constexpr Register bits = 0;
  static Register read() noexcept { return 0; }
  static void write(Register) noexcept {}
#endif

  Register before_;
};

}  // namespace tenon::inline TENON_ISA
