/// \file
/// The instruction set that a translation unit is compiled for, as the name of the inline namespace that all of tenon
/// is in.
///
/// Two translation units compiled with different flags instantiate the same templates into different code. Because the
/// instruction set is part of every name, the linker can never hand one of them the other's code.
#pragma once

#if defined(_MSVC_LANG) ? _MSVC_LANG < 202002L : __cplusplus < 202002L
#error "tenon needs C++20: -std=c++20, or in Meson project(..., default_options: ['cpp_std=c++20'])"
#endif

#define TENON_PASTE_(a, b, c, d, e) a##b##c##d##e
#define TENON_PASTE(a, b, c, d, e) TENON_PASTE_(a, b, c, d, e)

#if defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define TENON_ISA_BASE avx512bw
#elif defined(__AVX512F__)
#define TENON_ISA_BASE avx512f
#elif defined(__AVX2__)
#define TENON_ISA_BASE avx2
#elif defined(__AVX__)
#define TENON_ISA_BASE avx
#elif defined(__SSE4_1__)
#define TENON_ISA_BASE sse4
#elif defined(__SSE2__) || defined(_M_X64)  // Microsoft's compiler has no macro for what every x64 has
#define TENON_ISA_BASE sse2
#elif defined(__ARM_FEATURE_SVE)
#define TENON_ISA_BASE sve
#elif defined(__aarch64__) || defined(_M_ARM64)
#define TENON_ISA_BASE neon64
#elif defined(__ARM_NEON)
#define TENON_ISA_BASE neon
#elif defined(__riscv_vector)
#define TENON_ISA_BASE rvv
#elif defined(__VSX__)
#define TENON_ISA_BASE vsx
#elif defined(__wasm_simd128__)
#define TENON_ISA_BASE wasm
#else
#define TENON_ISA_BASE generic
#endif

// Extensions that a compiler uses by itself in code that never asks for them.
#if defined(__FMA__)
#define TENON_ISA_FMA _fma
#else
#define TENON_ISA_FMA
#endif
#if defined(__BMI2__)
#define TENON_ISA_BMI _bmi2
#else
#define TENON_ISA_BMI
#endif
#if defined(__AVX512VBMI2__) && defined(__AVX512VNNI__)
#define TENON_ISA_EXTRA _vbmi2
#elif defined(__AVX512VBMI__) || defined(__AVX512VNNI__)
#define TENON_ISA_EXTRA _vnni
#else
#define TENON_ISA_EXTRA
#endif

// Code compiled with -ffast-math, which is wrong for NaN and infinity, must not reach units without it either.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#define TENON_FAST_MATH 1
#define TENON_ISA_VERSION _v1_fast_math
#else
#define TENON_FAST_MATH 0
#define TENON_ISA_VERSION _v1
#endif

#define TENON_ISA TENON_PASTE(TENON_ISA_BASE, TENON_ISA_FMA, TENON_ISA_BMI, TENON_ISA_EXTRA, TENON_ISA_VERSION)

#if defined(__GNUC__) || defined(__clang__)
/// Inlines a function in any case. It is for the few whose cost is the call itself: the inner loops of a register tile.
#define TENON_ALWAYS_INLINE __attribute__((always_inline))
/// Inlines everything that a function calls. It is for loops over vectors: the more layers of a program use an exp(),
/// the less a compiler inlines it of its own accord.
#define TENON_FLATTEN __attribute__((flatten))
/// Compiles a function to be small, which takes less time. It is for functions that run once, when a net is made.
#define TENON_COLD __attribute__((cold))
/// The signature of the function it stands in, template arguments included.
#define TENON_PRETTY_FUNCTION __PRETTY_FUNCTION__
#else
#define TENON_ALWAYS_INLINE
#define TENON_FLATTEN
#define TENON_COLD
#define TENON_PRETTY_FUNCTION __FUNCSIG__
#endif

/// Declares a variable that every thread has for itself. A target without threads, such as bare metal, has nothing that
/// finds a thread's variables: it may define the macro, empty, on the compiler's command line
/// (`-DTENON_THREAD_LOCAL=`), the same in all units of a program.
#if !defined(TENON_THREAD_LOCAL)
#define TENON_THREAD_LOCAL thread_local
#endif

#if defined(__CUDACC__)
#define TENON_HOST_DEVICE __host__ __device__
#else
#define TENON_HOST_DEVICE
#endif
