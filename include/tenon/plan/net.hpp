/// \file
/// A compiled net: packed weights, one arena and a list of calls.
#pragma once

#include <cassert>
#include <memory>

#include "arguments.hpp"
#include "report.hpp"
#include "trace.hpp"

// Status is a macro of X11, check one of Unreal and of macOS.
#include "../core/undefine_macros.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The bytes of memory that a net needs, as constants where the model's type tells them.
template <class Backend, class Model, class Inputs>
struct Sizes {
  std::size_t workspace_bytes = 0, weight_bytes = 0;
  explicit Sizes(const MemoryPlan& memory)
      : workspace_bytes(memory.workspace_bytes), weight_bytes(memory.weight_bytes) {}
};
template <class Backend, class Model, class... Inputs>
  requires planned_by_type<Backend, Model>
struct Sizes<Backend, Model, Types<Inputs...>> {
 private:
  static constexpr std::array<std::size_t, 2> sizes = [] {
    const Plan plan = plan_by_type<Backend, Model, Inputs...>();
    return std::array{plan.memory.workspace_bytes, plan.memory.weight_bytes};
  }();

 public:
  static constexpr std::size_t workspace_bytes = sizes[0], weight_bytes = sizes[1];
  explicit Sizes(const MemoryPlan& memory) {
    if (memory.workspace_bytes != workspace_bytes || memory.weight_bytes != weight_bytes)
      raise("compile: the model's type and its call make different plans, which is a fault of tenon");
  }
};

/// The plan of a net, kept for `describe`.
struct Planned {
  Graph graph;
  Plan plan;
  std::vector<Text> hooked;  // the modules whose hooks are left out
  TENON_COLD Planned(Graph&& traced, Plan&& its_plan, std::vector<Text>&& its_hooked)
      : graph(std::move(traced)), plan(std::move(its_plan)), hooked(std::move(its_hooked)) {
    graph.finish();
  }
};

/// Returns the names of the modules of `model` that have hooks.
template <class Model>
TENON_COLD std::vector<Text> hooked_modules(const Model& model) {
  std::vector<Text> names;
  nn::for_each_module(model, [&](const std::string& name, const auto& module) {
    if (module.has_hooks()) names.emplace_back(name.data(), name.size());
  });
  return names;
}

/// The types of the tensors of a net's result: one, or those of a std::tuple.
template <class Result>
struct OutputsOf {
  using type = Types<Result>;
};
template <class... Outputs>
struct OutputsOf<std::tuple<Outputs...>> {
  using type = Types<Outputs...>;
};

template <class Backend, class Model, class InputTypes, class Result,
          class OutputTypes = typename OutputsOf<Result>::type>
class Compiled;

/// A net in evaluation mode for inputs of static shapes, its weights a snapshot of the model's.
///
/// A call does not allocate, lock or throw. Any input may be one of the net's last results or a view into one, and any
/// result may be written over an input: where that matters, the input is copied first. Two results must not share
/// memory. One net serves one thread; copies are independent.
///
///     nn::Sequential<nn::Linear<12, 8>, nn::ReLU> model;
///     auto net = tenon::compile<Tensor<float, 1, 12>>(model);
///     const Tensor<float, 1, 8>& y = net(Tensor<float, 1, 12>{});  // lives in the net, until its next call
template <class Backend, class Model, class... Inputs, class Result, class... Outputs>
class Compiled<Backend, Model, Types<Inputs...>, Result, Types<Outputs...>>
    : public Sizes<Backend, Model, Types<Inputs...>> {
  using sizes = Sizes<Backend, Model, Types<Inputs...>>;
  template <class... X>
  static constexpr bool is_call = is_net_call<Types<Inputs...>, Types<Outputs...>, Types<X...>>;
  using each_output = std::index_sequence_for<Outputs...>;

 public:
  using Input = std::tuple_element_t<0, std::tuple<Inputs...>>;
  /// The types of all inputs.
  using InputTypes = Types<Inputs...>;
  /// The result of a call: a tensor, or a std::tuple of tensors.
  using Output = Result;

  /// Makes a net of a plan; call `compile` instead. The net allocates storage that is not given.
  Compiled(Graph&& graph, Plan&& plan, std::vector<Text>&& hooked, std::span<std::byte> weight_storage,
           std::span<std::byte> workspace)
      : sizes(plan.memory),
        program_(graph, plan, weight_storage, workspace),
        planned_(std::make_shared<const Planned>(std::move(graph), std::move(plan), std::move(hooked))),
        result_(views(each_output{})) {}
  Compiled(const Compiled& other)
      : sizes(other), program_(other.program_), planned_(other.planned_), result_(views(each_output{})) {}
  Compiled(Compiled&&) noexcept = default;
  Compiled& operator=(const Compiled& other) {
    if (this != &other) *this = Compiled(other);
    return *this;
  }
  Compiled& operator=(Compiled&& other) noexcept {
    if (this == &other) return *this;
    this->~Compiled();
    return *::new (this) Compiled(std::move(other));
  }
  ~Compiled() = default;

  /// Returns the result, which lives in the net's workspace until the next call, whose input it may be.
  const Output& operator()(const Inputs&... x) noexcept {
    run(each_output{}, x...);
    return result_;
  }
  /// Writes the results into `y...`, which may be inputs.
  void operator()(const Inputs&... x, Outputs&... y) noexcept {
    assert(are_apart(y...));
    program_.run(std::array{address(x)..., address(y)...});
  }
  /// Rejects arguments of other types, expressions among them, with one compile error: nothing is converted.
  template <class... X>
    requires(!is_call<X...>)
  auto operator()(X&&...) {
    return reject_net_call(Types<Inputs...>{}, Types<Outputs...>{}, Types<X...>{});
  }

  /// Returns whether all indices of the last call were in their ranges.
  Status status() const noexcept(std::is_same_v<typename Backend::place, host>) { return program_.status(); }
  /// Computes `net(x)`, and throws tenon::Error if an index is outside its range.
  const Output& check(const Inputs&... x) {
    const Output& y = (*this)(x...);
    program_.raise_if_outside();
    return y;
  }
  template <class... X>
    requires(!is_net_call<Types<Inputs...>, Types<>, Types<X...>>)
  auto check(X&&...) {
    return reject_net_call(Types<Inputs...>{}, Types<Outputs...>{}, Types<X...>{});
  }

  /// Forgets earlier calls, where the model has layers that remember them.
  void reset() { program_.reset(); }

  /// Returns the stages, with the kernel of each and the reason for it. Prints as a table.
  NetPlan plan() const {
    NetPlan plan = describe(planned_->graph, planned_->plan);
    plan.hooked = planned_->hooked;
    return plan;
  }

 private:
  template <class X>
  static std::byte* address(const X& x) noexcept {
    return reinterpret_cast<std::byte*>(const_cast<typename X::value_type*>(x.data()));
  }
  template <std::size_t... R>
  void run(std::index_sequence<R...>, const Inputs&... x) noexcept {
    program_.run(std::array{address(x)..., program_.result(R)...});
  }
  template <std::size_t... R>
  Output views(std::index_sequence<R...>) const {
    return Output(Outputs::view(reinterpret_cast<typename Outputs::value_type*>(program_.result(R)))...);
  }
  static bool are_apart(const Outputs&... y) noexcept {
    const std::array<std::pair<const std::byte*, std::size_t>, sizeof...(Outputs)> all{
        std::pair<const std::byte*, std::size_t>{address(y),
                                                 Outputs::size() * sizeof(typename Outputs::value_type)}...};
    for (std::size_t a = 0; a < all.size(); ++a)
      for (std::size_t b = 0; b < a; ++b)
        if (std::less<>()(all[a].first, all[b].first + all[b].second) &&
            std::less<>()(all[b].first, all[a].first + all[a].second))
          return false;
    return true;
  }

  Program<Backend> program_;
  std::shared_ptr<const Planned> planned_;
  Output result_;
};

namespace detail {
template <class R>
struct Traced;  // the type that a forward returning values `R` returns for tensors
template <class Backend, class T, class S, class L, class P>
struct Traced<Value<Backend, T, S, L, P>> : std::type_identity<typename Backend::template tensor<T, S>> {};
template <class... Backend, class... T, class... S, class... L, class... P>
struct Traced<std::tuple<Value<Backend, T, S, L, P>...>>
    : std::type_identity<std::tuple<typename Backend::template tensor<T, S>...>> {};
template <class R>
inline constexpr bool is_traced = requires { typename Traced<R>::type; };
/// Whether an operation, or one of those behind a tuple, has been rejected with an error of its own.
template <class R>
inline constexpr bool has_rejected = tenon::detail::is_rejected<R>;
template <class... R>
inline constexpr bool has_rejected<std::tuple<R...>> = (tenon::detail::is_rejected<R> || ...);

/// Calls `model` with values. That changes nothing in it, so that its `forward` need not be const.
template <class Model, class... X>
auto call(const Model& model, const X&... x) {
  const nn::detail::EvaluationScope evaluating;
  return const_cast<Model&>(model)(x...);
}
template <class Model, class... X>
inline constexpr bool takes = requires(Model& model, const X&... x) { model.forward(x...); };

/// Calls `model` with `x...`, and `use` with the plan for what `values_of` makes of the result.
template <class Model, class ValuesOf, class Use, class... X>
TENON_COLD auto with_traced(const Model& model, const ValuesOf& values_of, const Use& use, Graph& graph,
                            const X&... x) {
  if constexpr (!takes<Model, X...>) {
    TENON_REJECT(
        "compile<Inputs...>(model): the forward of the model does not take so many inputs, or none of such types; "
        "model and inputs",
        Model, Types<tensor_of_t<typename X::value_type, typename X::static_shape>...>);
    return Rejected{};
  } else {
    const auto result = values_of(detail::call(model, x...));
    using R = std::remove_const_t<decltype(result)>;
    if constexpr (has_rejected<R>) {
      return Rejected{};
    } else if constexpr (!is_traced<R>) {
      static_assert(is_traced<R>,
                    "compile: the model's result is not one tensor made of its inputs, nor a std::tuple of such");
      return Rejected{};
    } else {
      Plan plan = finish(graph, result);
      return use(std::move(graph), std::move(plan), Traced<R>{});
    }
  }
}
}  // namespace detail

/// Plans `model` for inputs of the types `Inputs` and calls `use(graph, plan, result types)`. A model that cannot be
/// planned is one compile error.
template <class Backend, class... Inputs, class Model, class Use>
auto with_plan(const Model& model, const Use& use) {
  Graph graph;
  return with_inputs<Backend, Inputs...>(
      graph, [&](const auto&... x) { return detail::with_traced(model, std::identity{}, use, graph, x...); });
}

/// Computes `compile<Inputs...>(model)` for a backend.
template <class Backend, class... Inputs, class Model>
auto compile_for(const Model& model, std::span<std::byte> weight_storage, std::span<std::byte> workspace) {
  return with_plan<Backend, Inputs...>(
      model, [&]<class Result>(Graph&& graph, Plan&& plan, std::type_identity<Result>) {
        using InputTypes = Types<typename Backend::template tensor<typename Inputs::value_type, shape_of_t<Inputs>>...>;
        return Compiled<Backend, Model, InputTypes, Result>(std::move(graph), std::move(plan), hooked_modules(model),
                                                            weight_storage, workspace);
      });
}

}  // namespace tenon::inline TENON_ISA::plan

#include "../core/restore_macros.hpp"
