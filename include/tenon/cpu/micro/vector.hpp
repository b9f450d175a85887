/// \file
/// The SIMD vector the kernels are written in, and the few facts about the register file that size their tiles.
#pragma once

// xsimd calls std::numeric_limits<T>::max without parentheses, which a macro `max` would break.
#include "../../core/undefine_macros.hpp"
//
#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE__) && defined(__AVX512BW__)
// Unoptimised, g++ has these intrinsics as macros that cast, and xsimd gives them batches, which only convert.
#include <immintrin.h>

#include "../../core/isa.hpp"
namespace tenon::inline TENON_ISA::cpu::micro::intrinsics {
inline __m512i blend_bytes(__mmask64 mask, __m512i a, __m512i b) { return _mm512_mask_blend_epi8(mask, a, b); }
inline __m512i blend_words(__mmask32 mask, __m512i a, __m512i b) { return _mm512_mask_blend_epi16(mask, a, b); }
}  // namespace tenon::inline TENON_ISA::cpu::micro::intrinsics
#pragma push_macro("_mm512_mask_blend_epi8")
#pragma push_macro("_mm512_mask_blend_epi16")
#undef _mm512_mask_blend_epi8
#undef _mm512_mask_blend_epi16
#define _mm512_mask_blend_epi8 ::tenon::cpu::micro::intrinsics::blend_bytes
#define _mm512_mask_blend_epi16 ::tenon::cpu::micro::intrinsics::blend_words
#include <xsimd/xsimd.hpp>
#pragma pop_macro("_mm512_mask_blend_epi8")
#pragma pop_macro("_mm512_mask_blend_epi16")
#elif defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
// g++ 12 warns of its own AVX-512 intrinsics, in the file that includes them first.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <xsimd/xsimd.hpp>
#pragma GCC diagnostic pop
#else
#include <xsimd/xsimd.hpp>
#endif
//
#include "../../core/restore_macros.hpp"

#if defined(XSIMD_WITH_EMULATED)
#define TENON_VECTORS_ARE_EMULATED XSIMD_WITH_EMULATED
#else
#define TENON_VECTORS_ARE_EMULATED 0
#endif
#if !(defined(XSIMD_WITH_SSE2) && XSIMD_WITH_SSE2) && !(defined(XSIMD_WITH_NEON) && XSIMD_WITH_NEON) && \
    !(defined(XSIMD_WITH_SVE) && XSIMD_WITH_SVE) && !(defined(XSIMD_WITH_RVV) && XSIMD_WITH_RVV) &&     \
    !(defined(XSIMD_WITH_WASM) && XSIMD_WITH_WASM) && !(defined(XSIMD_WITH_VSX) && XSIMD_WITH_VSX) &&   \
    !(defined(XSIMD_WITH_VXE) && XSIMD_WITH_VXE) && !(TENON_VECTORS_ARE_EMULATED && defined(XSIMD_DEFAULT_ARCH))
// A missing header ends the compilation, an #error would be followed by hundreds of others.
#include "tenon: xsimd has no vectors for this target. xsimd 14 or later emulates them: -DXSIMD_WITH_EMULATED=1 -DXSIMD_DEFAULT_ARCH=emulated<128>"
#endif

#include "../../core/geometry.hpp"
#include "unroll.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The widest vector of the instruction set.
template <class T>
using Vector = xsimd::batch<T>;

/// Elements per vector; also the channels per block of a blocked image.
template <class T>
inline constexpr index_t lanes = static_cast<index_t>(Vector<T>::size);

namespace detail {
template <class T, std::size_t Size, class Found = xsimd::make_sized_batch_t<T, Size>>
struct FindVector {
  using type = Found;
};
template <class T, std::size_t Size>
struct FindVector<T, Size, void> {
#if TENON_VECTORS_ARE_EMULATED
  static constexpr std::size_t bytes = Size * sizeof(T);
  using type = std::conditional_t<(bytes >= 16), xsimd::batch<T, xsimd::emulated<bytes * 8>>, void>;
#else
  using type = std::conditional_t<Vector<T>::size == Size, Vector<T>, void>;
#endif
};
}  // namespace detail

/// A vector of `Size` elements; void where the instruction set has none.
template <class T, std::size_t Size>
using SizedVector = typename detail::FindVector<T, Size>::type;

/// A vector of 128 bits, which every instruction set has.
template <class T>
using ShortVector = SizedVector<T, 16 / sizeof(T)>;
template <class T>
inline constexpr int short_lanes = static_cast<int>(16 / sizeof(T));

/// The number of vector registers: a register tile of at most so many vectors, operands included, does not spill.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int vector_registers = 32;
#else
inline constexpr int vector_registers = 16;
#endif

/// The number of independent accumulators that hide the latency of a fused multiply-add (4 cycles, 2 per cycle).
inline constexpr int hiding_chains = 8;

/// Returns a vector of packed `weights` (V::size), which may be stored in another type than the arithmetic's. They must
/// be aligned to as many of them as a vector holds.
template <class V, class W>
TENON_ALWAYS_INLINE inline V load(const W* weights) noexcept {
  return V::load_aligned(weights);
}

/// Returns the number of vectors that hold `count` elements, and so of blocks that hold `count` channels.
template <class T>
constexpr index_t vectors_for(index_t count) {
  return (count + lanes<T> - 1) / lanes<T>;
}

/// Elements of an image (batch, channels, pixels) in blocked layout, (batch, blocks, pixels, lanes).
template <class T>
constexpr index_t blocked_size(index_t batch, index_t channels, index_t pixels) {
  return batch * vectors_for<T>(channels) * pixels * lanes<T>;
}

/// Stores the first `count` elements of `v` to `y` (count); memory behind them stays as it is.
template <class T, class V>
TENON_ALWAYS_INLINE inline void store_first(const V& v, T* y, index_t count) noexcept {
  if (count >= static_cast<index_t>(V::size)) {
    v.store_unaligned(y);
    return;
  }
  alignas(V) T buffer[V::size];
  v.store_aligned(buffer);
  for (index_t i = 0; i < count; ++i) y[i] = buffer[i];
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
