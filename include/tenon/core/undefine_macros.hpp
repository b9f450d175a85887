/// \file
/// Sets aside the macros of other libraries whose names tenon, or a library it includes, uses: X11's, Windows',
/// Unreal's, those of macOS. `restore_macros.hpp` brings them back. Between the two, a header includes nothing but
/// headers that need the same.
///
/// No `#pragma once`: each header that declares such a name includes both.
#include <cstddef>  // libstdc++'s first header does away with min and max, for good: they are not to come back here
#pragma push_macro("Bool")
#pragma push_macro("None")
#pragma push_macro("PI")
#pragma push_macro("Status")
#pragma push_macro("check")
#pragma push_macro("ensure")
#pragma push_macro("max")
#pragma push_macro("min")
#pragma push_macro("require")
#pragma push_macro("verify")
#undef Bool
#undef None
#undef PI
#undef Status
#undef check
#undef ensure
#undef max
#undef min
#undef require
#undef verify
