/// \file
/// `compile<Input>(model)`: the model's graph as packed weights, one arena and a list of calls.
#pragma once

#include <span>

#include "containers.hpp"
#include "net_input.hpp"
#include "program.hpp"

// Status is a macro of X11, check one of Unreal and of macOS.
#include "../core/undefine_macros.hpp"

namespace tenon::inline TENON_ISA {

namespace planning {

/// Completes a traced net: its output lies plainly, on an edge of its own.
template <class X>
constexpr Plan finish(const X& result) {
  using T = typename X::value_type;
  using S = typename X::static_shape;
  Graph& graph = result.graph();
  int output = plain(result).edge();
  if (!graph.can_be_placed(output))
    output = graph.append(Stage(output).computed_by(&detail::Copy<T, S>::run), bytes<T, S, Plain>);
  Plan plan{graph.stages(), {}, output};
  plan.memory = plan_memory(graph, plan.stages, output);
  return plan;
}

template <class Model, class Input>
constexpr Plan plan_by_type() {
  using T = typename Input::value_type;
  using S = shape_of_t<Input>;
  Graph graph(bytes<T, S, Plain>);
  return finish(Trace<Model>::append(Symbolic<T, S>(graph, Graph::input)));
}

/// Calls `model` with a symbolic input, which changes nothing in it: a `forward` need not be const for that.
template <class Model, class X>
auto trace(const Model& model, const X& x) {
  return const_cast<Model&>(model)(x);
}

/// What a net needs, as constants where the model's type tells them.
template <class Model, class Input, bool ByType = planned_by_type<Model>>
struct Sizes {
  std::size_t workspace_bytes = 0, weight_bytes = 0;
  explicit Sizes(const Plan& plan)
      : workspace_bytes(plan.memory.workspace_bytes), weight_bytes(plan.memory.weight_bytes) {}
};
template <class Model, class Input>
struct Sizes<Model, Input, true> {
  static constexpr std::size_t workspace_bytes = plan_by_type<Model, Input>().memory.workspace_bytes;
  static constexpr std::size_t weight_bytes = plan_by_type<Model, Input>().memory.weight_bytes;
  explicit Sizes(const Plan&) {}
};

}  // namespace planning

/// A net in evaluation mode for one input shape, its weights a snapshot of the model's.
///
/// A call does not allocate, lock or throw. Its input may be the net's last result or a view into it, or overlap the
/// tensor the result goes to: where that matters, the input is copied first. One net serves one thread; copies are
/// independent.
template <class Model, class InputType, class OutputType>
class Compiled : public planning::Sizes<Model, InputType> {
  using sizes = planning::Sizes<Model, InputType>;

 public:
  using Input = InputType;
  using Output = OutputType;

  /// Plans made by `compile`. Empty storage: the net has its own.
  Compiled(const planning::Plan& plan, std::span<std::byte> weight_storage, std::span<std::byte> workspace)
      : sizes(plan), program_(plan, weight_storage, workspace), result_(result_view()) {}
  Compiled(const Compiled& other) : sizes(other), program_(other.program_), result_(result_view()) {}
  Compiled(Compiled&&) noexcept = default;
  Compiled& operator=(const Compiled& other) { return *this = Compiled(other); }
  Compiled& operator=(Compiled&& other) noexcept {
    if (this == &other) return *this;
    this->~Compiled();
    return *::new (this) Compiled(std::move(other));
  }
  ~Compiled() = default;

  /// The result lives in the net's workspace until the next call, whose input it may be.
  const Output& operator()(const Input& x) noexcept {
    program_.run(x.data(), program_.result());
    return result_;
  }
  /// Arguments of other types, expressions among them, are one compile error and no conversion.
  template <class... X>
    requires(!planning::is_net_call<InputType, OutputType, X...>)
  auto operator()(X&&...) {
    return planning::reject_net_call<Input, Output, X...>();
  }
  /// Writes the result into `y`, which may be `x`.
  void operator()(const Input& x, Output& y) noexcept { program_.run(x.data(), y.data()); }

  /// What the last call met.
  Status status() const noexcept { return program_.status(); }
  /// As `net(x)`, and throws tenon::Error if an index is outside its range.
  const Output& check(const Input& x) {
    const Output& y = (*this)(x);
    program_.raise_if_outside();
    return y;
  }
  template <class X>
    requires(!planning::is_net_call<InputType, OutputType, X>)
  auto check(X&&) {
    return planning::reject_net_call<Input, Output, X>();
  }

 private:
  Output result_view() const {
    return Output::view(reinterpret_cast<typename OutputType::value_type*>(program_.result()));
  }

  planning::Program program_;
  Output result_;
};

/// Compiles `model` for inputs of type `Input`: fused stages, chosen layouts, one arena, weights packed from a
/// snapshot.
///
/// With storage, the packed weights and the workspace lie in the caller's memory: `weight_bytes` and `workspace_bytes`
/// bytes, aligned to 64 (tenon::Error otherwise), to be kept as long as the net.
template <class Input, class Model>
auto compile(const Model& model, std::span<std::byte> weight_storage = {}, std::span<std::byte> workspace = {}) {
  using T = typename Input::value_type;
  using S = shape_of_t<Input>;
  planning::Graph graph(planning::bytes<T, S, planning::Plain>);
  const auto result = planning::trace(model, planning::Symbolic<T, S>(graph, planning::Graph::input));
  using Result = std::remove_const_t<decltype(result)>;
  if constexpr (detail::is_rejected<Result>) {
    return Rejected{};
  } else if constexpr (!detail::is_symbolic<Result>) {
    static_assert(detail::is_symbolic<Result>, "compile: the model's result is not one tensor made of its input");
    return Rejected{};
  } else {
    using Output = tensor_of_t<typename Result::value_type, typename Result::static_shape>;
    return Compiled<Model, Input, Output>(planning::finish(result), weight_storage, workspace);
  }
}

/// The type of `tenon::compile<Inputs...>(model)`, for a member or a function's argument:
///
///     struct Player { Policy model; tenon::net_t<Policy, Tensor<float, 1, 12>> net; };
template <class Model, class... Inputs>
using net_t = decltype(compile<Inputs...>(std::declval<const Model&>()));

}  // namespace tenon::inline TENON_ISA

#include "../core/restore_macros.hpp"
