/// \file
/// A compiled stream: a net whose input arrives piece by piece along time, and which remembers what it needs.
#pragma once

#include "net.hpp"
#include "time_rules.hpp"

// Status is a macro of X11, check one of Unreal and of macOS.
#include "../core/undefine_macros.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The model of the net inside a stream.
template <class Model>
struct StreamOf {};

template <class Backend, class Model, class InputTypes, class Result,
          class OutputTypes = typename OutputsOf<Result>::type>
class Stream;

/// A model in evaluation mode that takes its input piece by piece, its weights a snapshot of the model's.
///
/// A step does not allocate, lock or throw. Any input may be one of the stream's last results, and any result may be
/// written over an input. One stream serves one thread; copies are independent, and go on from the same state.
///
///     nn::Sequential<nn::Conv1d<1, 16, nn::kernel_size<3>>, nn::Tanh, nn::Conv1d<16, 1, nn::kernel_size<1>>> model;
///     auto stream = tenon::compile_stream<Tensor<float, 1, 1, 64>>(model);
///     const Tensor<float, 1, 1, 64>& y = stream.step(Tensor<float, 1, 1, 64>{});
template <class Backend, class Model, class... Inputs, class Result, class... Outputs>
class Stream<Backend, Model, Types<Inputs...>, Result, Types<Outputs...>> {
  template <class... X>
  static constexpr bool is_call = is_net_call<Types<Inputs...>, Types<Outputs...>, Types<X...>>;

 public:
  using Net = Compiled<Backend, StreamOf<Model>, Types<Inputs...>, Result>;
  using InputTypes = Types<Inputs...>;
  using Input = typename Net::Input;
  /// The result of a step: a tensor, or a std::tuple of tensors.
  using Output = Result;

  /// The bytes of the workspace, without the state, and of the packed weights.
  std::size_t workspace_bytes, weight_bytes;

  /// Makes a stream of a plan; call `compile_stream` instead.
  explicit Stream(Net&& net)
      : workspace_bytes(net.workspace_bytes), weight_bytes(net.weight_bytes), net_(std::move(net)) {}

  /// Returns what the next pieces `x...` give. It lives in the stream until the next step, whose input it may be.
  const Output& step(const Inputs&... x) noexcept { return net_(x...); }
  /// Writes what the next pieces give into `y...`, which may be inputs.
  void step(const Inputs&... x, Outputs&... y) noexcept { net_(x..., y...); }
  /// Rejects arguments of other types with one compile error: nothing is converted.
  template <class... X>
    requires(!is_call<X...>)
  auto step(X&&...) {
    return reject_net_call(Types<Inputs...>{}, Types<Outputs...>{}, Types<X...>{});
  }
  /// Makes a step, and throws tenon::Error if an index is outside its range.
  const Output& check(const Inputs&... x) { return net_.check(x...); }
  /// Returns whether all indices of the last step were in their ranges.
  Status status() const noexcept(noexcept(std::declval<const Net&>().status())) { return net_.status(); }

  /// Begins a new sequence: forgets all pieces so far.
  void reset() { net_.reset(); }

  /// Returns the stages, with the kernel of each and the reason for it. Prints as a table.
  NetPlan plan() const { return net_.plan(); }

 private:
  Net net_;
};

/// What stands for the time axis where the model's layers say it.
inline constexpr int by_layers = -1000;

namespace detail {

/// The time axis of blocks of `Rank` axes; `no_time` if there is none.
template <class Model, int Dim, std::size_t Rank>
inline constexpr int stream_axis = [] {
  int axis = Dim;
  if constexpr (Dim == by_layers)
    axis = first_time_axis<Model, Rank>();
  else if (Dim < 0)
    axis = Dim + int{Rank};
  return axis >= 0 && axis < int{Rank} ? axis : no_time;
}();

}  // namespace detail

/// Computes `compile_stream<nn::dim<Dim>, Inputs...>(model)` for a backend.
template <class Backend, int Dim, class... Inputs, class Model>
auto compile_stream_for(const Model& model, std::span<std::byte> weight_storage, std::span<std::byte> workspace) {
  if constexpr (((detail::stream_axis<Model, Dim, shape_of_t<Inputs>::rank> == no_time) || ...)) {
    if constexpr (Dim == by_layers)
      TENON_REJECT(
          "compile_stream: no layer of the model says along which axis of its blocks time runs: "
          "compile_stream<nn::dim<A>, Blocks...>(model); model and blocks",
          Model, Inputs...);
    else
      TENON_REJECT("compile_stream: the blocks have no such axis as nn::dim says; blocks", Inputs...);
    return Rejected{};
  } else {
    using InputTypes = Types<typename Backend::template tensor<typename Inputs::value_type, shape_of_t<Inputs>>...>;
    Graph graph;
    const auto use = [&]<class Result>(Graph&& traced, Plan&& plan, std::type_identity<Result>) {
      using StreamType = Stream<Backend, Model, InputTypes, Result>;
      return StreamType(typename StreamType::Net(std::move(traced), std::move(plan), hooked_modules(model),
                                                 weight_storage, workspace));
    };
    return with_inputs<Backend, Inputs...>(graph, [&](const auto&... x) {
      return detail::with_traced(
          model, [](const auto& result) { return detail::without_time(result); }, use, graph,
          detail::with_time<detail::stream_axis<Model, Dim, shape_of_t<decltype(x)>::rank>>(x)...);
    });
  }
}

}  // namespace tenon::inline TENON_ISA::plan

#include "../core/restore_macros.hpp"
