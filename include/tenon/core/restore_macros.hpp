/// \file
/// Brings back the macros that `undefine_macros.hpp` set aside.
#pragma pop_macro("Bool")
#pragma pop_macro("None")
#pragma pop_macro("PI")
#pragma pop_macro("Status")
#pragma pop_macro("check")
#pragma pop_macro("ensure")
#pragma pop_macro("max")
#pragma pop_macro("min")
#pragma pop_macro("require")
#pragma pop_macro("verify")
