/// \file
/// Containers of the standard library whose code belongs to one instruction set.
#pragma once

#include <memory>
#include <vector>

#include "isa.hpp"

namespace tenon::inline TENON_ISA {

/// The standard allocator under a name of this namespace. A standard container that uses it is compiled for this
/// instruction set alone. A std::string or std::vector<float> would share its code with units compiled for others. (A
/// container of a tenon type needs no help.)
template <class T>
struct Allocator : std::allocator<T> {
  constexpr Allocator() noexcept = default;
  template <class U>
  constexpr Allocator(const Allocator<U>&) noexcept {}
};

/// A std::vector of numbers, pointers or bytes.
template <class T>
using List = std::vector<T, Allocator<T>>;

}  // namespace tenon::inline TENON_ISA
