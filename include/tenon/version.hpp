/// \file
/// The version of tenon. CMake and pkg-config read it from here; Meson compares its own with it.
#pragma once

#define TENON_VERSION_MAJOR 0
#define TENON_VERSION_MINOR 1
#define TENON_VERSION_PATCH 0

/// One number that grows with each version, for the preprocessor: `#if TENON_VERSION >= 200  // 0.2.0`.
#define TENON_VERSION (TENON_VERSION_MAJOR * 10000 + TENON_VERSION_MINOR * 100 + TENON_VERSION_PATCH)

namespace tenon {

// Not `major` and `minor`, which are macros of some systems' headers.
inline constexpr int version_major = TENON_VERSION_MAJOR;
inline constexpr int version_minor = TENON_VERSION_MINOR;
inline constexpr int version_patch = TENON_VERSION_PATCH;

#define TENON_VERSION_TEXT_OF_(value) #value
#define TENON_VERSION_TEXT_(value) TENON_VERSION_TEXT_OF_(value)
/// "MAJOR.MINOR.PATCH"
inline constexpr char version[] = TENON_VERSION_TEXT_(TENON_VERSION_MAJOR) "." TENON_VERSION_TEXT_(
    TENON_VERSION_MINOR) "." TENON_VERSION_TEXT_(TENON_VERSION_PATCH);
#undef TENON_VERSION_TEXT_
#undef TENON_VERSION_TEXT_OF_

}  // namespace tenon
