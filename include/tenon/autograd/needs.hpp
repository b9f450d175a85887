/// \file
/// The values that a backward pass reads again. Others need not be kept; if one of these was changed since the forward
/// pass, that is an error and not a wrong gradient.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "../core/arithmetic.hpp"

namespace tenon::inline TENON_ISA::autograd {

/// The values that the gradients of an operation's inputs are computed from. An operation declares them as
/// `static constexpr autograd::Needs backward_needs`; one that does not needs them all.
struct Needs {
  /// Bit k of element i says whether the gradient of input i is computed from the value of input k. The gradients of
  /// further inputs are computed from none.
  std::array<std::uint8_t, 3> values{};
  /// The names of the inputs in errors.
  std::array<std::string_view, 3> roles{"first operand", "second operand", "third operand"};
  /// Whether gradients are computed from the values of the results.
  bool results = false;
  /// Whether gradients are computed from the values of all inputs.
  bool everything = false;

  /// Returns the inputs whose values the gradients of the inputs `wanted` are computed from, both as bits.
  constexpr std::uint32_t of(std::uint32_t wanted) const {
    std::uint32_t needed = everything && wanted ? ~std::uint32_t{0} : 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (wanted >> i & 1) needed |= values[i];
    return needed;
  }
  constexpr std::string_view role(std::size_t i) const { return i < roles.size() ? roles[i] : "operand"; }
};
inline constexpr std::array<std::string_view, 3> roles_of_a_layer{"input", "weight", "bias"};

inline constexpr Needs needs_nothing{};
inline constexpr Needs needs_results{.results = true};
/// The needs of a function of one input, whose derivative is computed from the input or from the result.
template <bool FromInput>
inline constexpr Needs needs_input_if{{FromInput}, roles_of_a_layer, !FromInput};
/// The needs of a function of one input, whose derivative is computed from input and result, or from neither.
template <bool FromBoth>
inline constexpr Needs needs_input_and_result_if{{FromBoth}, roles_of_a_layer, FromBoth};
/// The needs of a product: the gradient of each factor is computed from the other.
inline constexpr Needs needs_other_factor{{0b10, 0b01}};
/// Returns the operands, as bits, that a `Gradient` functor of core/arithmetic.hpp reads; `other` is the bit of the
/// other operand.
template <class Gradient>
consteval std::uint8_t needs_of_gradient(std::uint8_t other) {
  if (pointwise::reads_both_operands<Gradient, double>) return 0b11;
  return pointwise::reads_operand<Gradient, double> ? other : std::uint8_t{0};
}
/// The needs of a function of two operands.
template <class Function>
inline constexpr Needs needs_of_operands{{needs_of_gradient<typename Function::first_gradient>(0b10),
                                          needs_of_gradient<typename Function::second_gradient>(0b01)}};
/// The needs of input * weight + bias.
inline constexpr Needs needs_product{{0b10, 0b01, 0}, roles_of_a_layer};
/// The needs of function(input) * weight + bias. The gradient of the bias is computed beside that of the weight.
inline constexpr Needs needs_input_and_weight{{0b11, 0b01, 0b01}, roles_of_a_layer};

template <class Operation>
inline constexpr Needs needs_of{.results = true, .everything = true};
template <class Operation>
  requires requires { Operation::backward_needs; }
inline constexpr Needs needs_of<Operation> = Operation::backward_needs;

}  // namespace tenon::inline TENON_ISA::autograd
