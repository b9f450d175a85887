/// \file
/// BOOST_HANA_DEFINE_STRUCT, which names the members of a module, with a readable error for too many of them.
#pragma once

#include "../core/hana.hpp"

// BOOST_HANA_DEFINE_STRUCT takes a type and 39 members; of more it makes pages of errors. Up to there this one is
// Hana's; beyond, it is one error, and the members, so that nothing else misses them.
#define TENON_STRUCT_IS_TUPLE(...) ~, TOO_LONG,
#define TENON_STRUCT_SECOND_OF(first, second, ...) second
#define TENON_STRUCT_SECOND(...) TENON_STRUCT_SECOND_OF(__VA_ARGS__)
// The number of arguments, or of more than 40 the 41st, which is a tuple: COUNTED or TOO_LONG.
#define TENON_STRUCT_KIND(number_or_tuple) TENON_STRUCT_SECOND(TENON_STRUCT_IS_TUPLE number_or_tuple, COUNTED, ~)
#define TENON_STRUCT_COUNTED(...) BOOST_HANA_DEFINE_STRUCT_IMPL(BOOST_HANA_PP_NARG(__VA_ARGS__), __VA_ARGS__)
#define TENON_STRUCT_TOO_LONG(type, ...)                                                                              \
  static_assert(false, #type ": BOOST_HANA_DEFINE_STRUCT names 39 members at most: group members in modules of their " \
                             "own, struct Part : nn::Module<Part>, which are members");                               \
  TENON_STRUCT_RESCAN(TENON_STRUCT_DECLARE(__VA_ARGS__))
#define TENON_STRUCT_DECLARE(member, ...)                   \
  BOOST_HANA_PP_DROP_BACK member BOOST_HANA_PP_BACK member; \
  __VA_OPT__(TENON_STRUCT_DECLARE_NEXT TENON_STRUCT_PARENTHESES(__VA_ARGS__))
#define TENON_STRUCT_PARENTHESES ()
#define TENON_STRUCT_DECLARE_NEXT() TENON_STRUCT_DECLARE
// Each scan declares one more member.
#define TENON_STRUCT_RESCAN(...) TENON_STRUCT_SCAN_4(TENON_STRUCT_SCAN_4(TENON_STRUCT_SCAN_4(__VA_ARGS__)))
#define TENON_STRUCT_SCAN_4(...) TENON_STRUCT_SCAN_3(TENON_STRUCT_SCAN_3(TENON_STRUCT_SCAN_3(__VA_ARGS__)))
#define TENON_STRUCT_SCAN_3(...) TENON_STRUCT_SCAN_2(TENON_STRUCT_SCAN_2(TENON_STRUCT_SCAN_2(__VA_ARGS__)))
#define TENON_STRUCT_SCAN_2(...) TENON_STRUCT_SCAN_1(TENON_STRUCT_SCAN_1(TENON_STRUCT_SCAN_1(__VA_ARGS__)))
#define TENON_STRUCT_SCAN_1(...) TENON_STRUCT_SCAN_0(TENON_STRUCT_SCAN_0(TENON_STRUCT_SCAN_0(__VA_ARGS__)))
#define TENON_STRUCT_SCAN_0(...) __VA_ARGS__
#define TENON_STRUCT_CHOOSE(kind, ...) TENON_STRUCT_CHOSEN(kind, __VA_ARGS__)
#define TENON_STRUCT_CHOSEN(kind, ...) TENON_STRUCT_##kind(__VA_ARGS__)
#undef BOOST_HANA_DEFINE_STRUCT
#define BOOST_HANA_DEFINE_STRUCT(...) \
  TENON_STRUCT_CHOOSE(TENON_STRUCT_KIND(BOOST_HANA_PP_NARG(__VA_ARGS__)), __VA_ARGS__)
