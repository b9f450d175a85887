/// \file
/// `nn::Module<Derived>`: the verbs every module has.
#pragma once

#include <array>
#include <utility>

#include "../autograd/apply.hpp"
#include "../autograd/hook_node.hpp"
#include "../core/random.hpp"
#include "../core/state_dict.hpp"
#include "conversion.hpp"
#include "member_check.hpp"
#include "members.hpp"
#include "shared_copies.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace nn {

namespace detail {

/// Lends `tensor` to a forward written for recorded values, without a copy and without recording.
template <class X>
auto lend(const X& x) {
  if constexpr (requires { typename X::place; })
    return Variable<X>(X::view(const_cast<typename X::value_type*>(x.data())), no_grad);
  else
    return x;
}
/// What a user's code gets while it is planned: it may read a value more than once.
template <class X>
decltype(auto) plan_with(const X& x) {
  if constexpr (tenon::detail::is_symbolic<X>)
    return x.shared();
  else
    return (x);
}
/// `module.forward(x...)`. That a user's forward is not const although the module is, is one compile error.
template <class M, class... X>
auto call_forward(M& module, X&&... x) {
  if constexpr (!std::is_const_v<M> || requires { module.forward(std::forward<X>(x)...); }) {
    return module.forward(std::forward<X>(x)...);
  } else {
    TENON_REJECT("a const model is called, whose forward is not const: write `auto forward(const auto& x) const`", M);
    return Rejected{};
  }
}
/// Whether every module of this thread is in evaluation mode, whatever it says itself: while a net is planned, where a
/// layer that is given a constant computes at once.
inline TENON_THREAD_LOCAL constinit bool evaluates = false;
class EvaluationScope {
 public:
  EvaluationScope() noexcept : before_(std::exchange(evaluates, true)) {}
  EvaluationScope(const EvaluationScope&) = delete;
  EvaluationScope& operator=(const EvaluationScope&) = delete;
  ~EvaluationScope() { evaluates = before_; }

 private:
  bool before_;
};

/// Returns `module` with `member` under a name; <tenon/nn/extended.hpp> defines it.
template <class M, class Name, class Member>
auto extend(M module, Name name, Member member);

/// The tensor of a result, which another handle may have too: of the same tuple, or one that the module keeps.
template <class R>
auto give_back(R&& result) {
  using Plain = std::remove_cvref_t<R>;
  if constexpr (is_variable<Plain>) {
    using TensorType = typename Plain::tensor_type;
    if (result.data().is_view() || result.state()->is_shared()) return TensorType(std::as_const(result).data());
    return TensorType(std::move(result.data()));
  } else if constexpr (requires { std::tuple_size<Plain>::value; }) {
    return std::apply([](auto&&... r) { return std::tuple{give_back(std::move(r))...}; }, std::forward<R>(result));
  } else {
    return std::forward<R>(result);
  }
}

}  // namespace detail

/// Base of every module. A user's module derives from `Module<Net>`, names its members with BOOST_HANA_DEFINE_STRUCT
/// and has a `forward`:
///
///     struct Net : nn::Module<Net> {
///       BOOST_HANA_DEFINE_STRUCT(Net, (nn::Linear<300, 10>, fc));
///       auto forward(const auto& x) const { return nn::functional::relu(fc(x)); }
///     };
///
/// Members that it does not name are not trained, not saved and not switched by `eval()`. Of those it names, modules,
/// Parameters and Buffers are; numbers, strings and the like stay what they are; plain tensors, and containers of and
/// pointers to modules or tensors, are one compile error. It names 39 members at most: more are grouped in modules of
/// their own, `struct Encoder : nn::Module<Encoder>`, which are members. Modules start in training mode.
///
/// A const module is called as any other, if its `forward` is const. In evaluation mode a call of a const module on
/// Tensors only reads it, in any number of threads. In training mode each call of a BatchNorm moves its running
/// statistics, of a const module too, and Dropout draws from the calling thread's `generator()`.
template <class Derived>
class Module {
 public:
  Module() { detail::check_members<Derived>(); }
  /// A copy has parameters and layers of its own; its Shared layers share what those of `other` share. (A user's copy
  /// constructor sees to that if it calls this one and copies its members in its list of initializers.)
  Module(const Module& other) : training_(other.training_) { detail::begin_copy(self(), other.self()); }
  /// The hooks go with the module.
  Module(Module&& other) noexcept : training_(other.training_) { hooks_.take(other.hooks_, &self()); }
  /// The parameters take over value, gradient and flags: an optimiser goes on with what is assigned. Throws
  /// tenon::Error, before anything is changed, where Shared layers would keep it from that.
  Module& operator=(const Module& other) {
    if (this != &other) detail::copy_shared(self(), other.self());
    training_ = other.training_;
    return *this;
  }
  /// The parameters take over value, gradient and flags of those of `other`: an optimiser made for this module goes on
  /// with what is assigned. (If nobody refers to a parameter here, it becomes the other's, with its optimiser.) So does
  /// `std::swap` of two modules: each optimiser follows the parameters it was made for. A module without hooks takes
  /// those of `other`. Throws as the copy does.
  Module& operator=(Module&& other) {
    if (this != &other) detail::move_shared(self(), other.self());
    training_ = other.training_;
    hooks_.take(other.hooks_, &self());
    return *this;
  }

  /// `forward`. On Tensors it computes now; with a Variable among the arguments it records for `backward`.
  template <class... X>
  auto operator()(const X&... x) {
    return call(self(), x...);
  }
  template <class... X>
  auto operator()(const X&... x) const {
    return call(self(), x...);
  }

  /// Sets training mode, here and in every module below; `eval()` is `train(false)`.
  Derived& train(bool mode = true) {
    training_ = mode;
    for_each_member(self(), [mode](const char*, auto& member) {
      if constexpr (is_module<std::remove_cvref_t<decltype(member)>>) member.train(mode);
    });
    return self();
  }
  Derived& eval() { return train(false); }
  bool is_training() const noexcept { return training_ && !detail::evaluates; }
  /// The mode of this module alone.
  void set_training(bool mode) noexcept { training_ = mode; }

  void zero_grad() {
    for_each_tensor(self(), [](auto& member) {
      if constexpr (is_parameter<std::remove_cvref_t<decltype(member)>>) member.zero_grad();
    });
  }

  /// References to every parameter, here and below: a Hana tuple, for `optim` and
  /// `hana::for_each(m.parameters(), [](auto parameter) { parameter.get().data(); })`. It and the following have an
  /// element for each place in the model's type, also for each place of one Shared layer; `for_each_parameter` and
  /// `for_each_module` visit that once.
  auto parameters() { return detail::as_parameter_references(named_parameters()); }
  /// The same as pairs (name, reference).
  auto named_parameters() { return detail::collect<detail::Collect::parameters, true>(self(), {}); }
  /// References to the modules that are members of this one: a Hana tuple.
  auto children() { return detail::without_names(named_children()); }
  auto named_children() { return detail::collect<detail::Collect::modules, false>(self(), {}); }
  /// References to this module and every module below it: a Hana tuple.
  auto modules() { return detail::without_names(named_modules()); }
  auto named_modules() {
    return boost::hana::concat(boost::hana::make_tuple(detail::NamedReference<Derived>(std::string(), self())),
                               detail::collect<detail::Collect::modules, true>(self(), {}));
  }

  /// Copies of all parameters and buffers by name.
  StateDict state_dict() const {
    StateDict dict;
    for_each_named_tensor(self(), [&](const std::string& name, const auto& member) {
      dict.insert(name, AnyTensor(detail::on_host(member.data())));
    });
    return dict;
  }

  /// Copies what `dict` holds into the parameters and buffers. Every name, shape and dtype is checked before anything
  /// is written; the tenon::Error lists all that are missing, unexpected or misshapen. Entries of PyTorch's
  /// `num_batches_tracked` are ignored. An entry of a file that was skipped for its dtype is misshapen where the module
  /// needs it, and unexpected where it does not.
  void load_state_dict(const StateDict& dict, LoadOptions options = {}) {
    std::vector<tenon::detail::LoadTarget> targets;
    for_each_named_tensor(self(), [&](const std::string& name, auto& member) {
      using TensorType = typename std::remove_cvref_t<decltype(member)>::tensor_type;
      targets.push_back({name, dtype_of<typename TensorType::value_type>, shape_of_t<TensorType>::dims, &member.data(),
                         &detail::assign<TensorType>});
    });
    tenon::detail::check_targets(dict, targets, options, "module");
    tenon::detail::assign_targets(dict, targets);
    for_each_named_tensor(self(), [&](const std::string& name, auto& member) {
      if constexpr (is_parameter<std::remove_cvref_t<decltype(member)>>) {
        member.state()->name(name);  // for errors
        if (dict.contains(name)) member.state()->changed();
      }
    });
  }

  /// `register_buffer(name, tensor)`, `register_parameter(name, parameter)` and `add_module(name, module)` of PyTorch:
  /// a copy of this module that has the member as well, an `nn::Extended`; of `std::move(m)`, this module itself. It
  /// computes what this one computes. A name that a member has is one compile error. They need
  /// <tenon/nn/extended.hpp>, which <tenon/tenon.hpp> includes.
  ///
  ///     nn::Linear<4, 2> layer;
  ///     auto larger = layer.register_buffer("mean"_n, Tensor<float, 4>{}).add_module("norm"_n, nn::BatchNorm1d<2>{});
  ///     assert(larger.state_dict().contains("norm.running_mean"));
  template <class Name, class X>
  auto register_buffer(Name name, const X& value) const& {
    return detail::extend(Derived(self()), name, Buffer(tenon::detail::as_argument(value)));
  }
  template <class Name, class X>
  auto register_buffer(Name name, const X& value) && {
    return detail::extend(std::move(self()), name, Buffer(tenon::detail::as_argument(value)));
  }
  template <class Name, class X>
  auto register_parameter(Name name, const X& value) const& {
    return detail::extend(Derived(self()), name, Parameter(tenon::detail::as_argument(value)));
  }
  template <class Name, class X>
  auto register_parameter(Name name, const X& value) && {
    return detail::extend(std::move(self()), name, Parameter(tenon::detail::as_argument(value)));
  }
  template <class Name, class X>
  auto add_module(Name name, X module) const& {
    return detail::extend(Derived(self()), name, std::move(module));
  }
  template <class Name, class X>
  auto add_module(Name name, X module) && {
    return detail::extend(std::move(self()), name, std::move(module));
  }

  /// This module with element type `T`: a copy with every parameter and buffer converted.
  template <class T>
  auto to() const {
    return convert<to_type<T>>();
  }
  /// This module on GPU `id`: a copy whose parameters and buffers are there. The GPU becomes the thread's current one,
  /// where new tensors are made. Needs <tenon/cuda/cuda.hpp>.
  template <class Device = tenon::cuda::device>
  auto cuda(int id = 0) const {
    Device::select(id);
    return convert<to_place<Device>>();
  }
  /// This module on the host.
  auto cpu() const { return convert<to_place<host>>(); }

  /// Calls `hook(module, input, output)` behind every call of this module on Tensors or Variables, with copies of what
  /// it was given and what it made: each a `const AnyTensor&`. For a module of several tensors it takes
  /// `std::span<const AnyTensor>` in place of either; in a call with several, one that does not is a tenon::Error. It
  /// returns nothing; what it throws ends the call. Hooks are not copied with a module, and nets that `compile` makes
  /// leave them out.
  ///
  ///     nn::Linear<4, 2> layer;
  ///     tenon::index_t rows = 0;
  ///     auto handle = layer.register_forward_hook(
  ///         [&](auto&, const tenon::AnyTensor&, const tenon::AnyTensor& output) { rows = output.extents()[0]; });
  ///     layer(Tensor<float, 3, 4>{});
  ///     assert(rows == 3);
  ///     handle.remove();
  template <class Hook>
  RemovableHandle register_forward_hook(Hook hook) {
    return add_hook(autograd::HookKind::forward, autograd::detail::forward_hook<Derived>(std::move(hook)));
  }
  /// Calls `hook(module, grad_input, grad_output)` in each backward pass through a call of this module on Variables,
  /// with the gradients of what it was given and of what it made: PyTorch's `register_full_backward_hook`. Tensors and
  /// spans are as in a forward hook. The gradient of an input that needs none has no elements.
  ///
  /// A hook returns nothing, or a `std::optional<AnyTensor>`: a value replaces the gradient of the input; for several
  /// inputs, a `std::vector<std::optional<AnyTensor>>` with an element for each, or empty. A value of another shape or
  /// dtype is a tenon::Error. What it throws ends the backward pass.
  template <class Hook>
  RemovableHandle register_backward_hook(Hook hook) {
    return add_hook(autograd::HookKind::backward, autograd::detail::backward_hook<Derived>(std::move(hook)));
  }
  /// Whether a hook is registered that was not removed.
  bool has_hooks() const noexcept { return hooks_.has_any(); }

 protected:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
  const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }

 private:
  template <class Conversion>
  auto convert() const {
    static_assert(detail::Convertible<Derived, Conversion>,
                  "to<T>(), cuda(id) and cpu() need a module that is a template on its element type: "
                  "template <class T = float> struct Net : nn::Module<Net<T>> { ... }");
    if constexpr (detail::Convertible<Derived, Conversion>) {
      const WithoutInitialization scope;
      typename detail::rebound<Derived, Conversion>::type converted;
      detail::copy_converted(converted, self());
      return converted;
    } else {
      return Rejected{};
    }
  }

  RemovableHandle add_hook(autograd::HookKind kind, autograd::Hook hook) {
    auto& hooks = autograd::hooks_of(hooks_, &self());
    return {&hooks, hooks.add(kind, std::move(hook))};
  }

  template <class Self, class... X>
  static auto call(Self& self, const X&... x) {
    namespace kind = ::tenon::detail;
    if constexpr (((!kind::is_symbolic<X> && !kind::is_probe<X> && !kind::is_rejected<X>) && ...))
      if (self.Module::hooks_.has_any() && !detail::evaluates) [[unlikely]]
        return call_with_hooks(std::index_sequence_for<X...>{}, self, kind::as_argument(x)...);
    return compute(self, x...);
  }
  template <std::size_t... I, class Self, class... X>
  TENON_COLD static auto call_with_hooks(std::index_sequence<I...>, Self& self, const X&... x) {
    std::array<autograd::HookedValue, sizeof...(X)> values{autograd::hooked_value(x)...};
    autograd::HookedCall hooked_call(*self.Module::hooks_.get(), values);
    auto result = compute(self, *static_cast<const X*>(values[I].object)...);
    hooked_call.finish(result);
    return result;
  }
  template <class Self, class... X>
  static auto compute(Self& self, const X&... x) {
    // A user's forward is written once, for recorded values; on Tensors it runs on values that record nothing.
    namespace kind = ::tenon::detail;
    constexpr bool takes_recorded =
        (is_variable<X> || ...) || (kind::is_symbolic<X> || ...) || (kind::is_probe<X> || ...);
    if constexpr (requires { typename Derived::built_in; } && (kind::is_symbolic<X> || ...))
      return detail::plan_with(self.forward(kind::as_argument(x)...));
    else if constexpr (requires { typename Derived::built_in; })
      return self.forward(kind::as_argument(x)...);
    else if constexpr (takes_recorded || (kind::is_rejected<X> || ...))
      return detail::call_forward(self, detail::plan_with(x)...);
    else
      return detail::give_back(detail::call_forward(self, detail::lend(kind::as_argument(x))...));
  }

  bool training_ = true;
  autograd::OwnHooks hooks_;
};

/// Base of the layers and containers of this library.
template <class Derived>
class Layer : public Module<Derived> {
 public:
  using built_in = Derived;
};

/// The shape a module makes of shape `S`, or its rejection: a layer's and a container's rule, a user's `forward`.
template <class M, class S>
struct layer_output {
  static constexpr auto rule() {
    if constexpr (requires { M::operation::output_shape(S{}); })
      return M::operation::output_shape(S{});
    else if constexpr (requires { M::output_shape(S{}); })
      return M::output_shape(S{});
    else if constexpr (tenon::detail::is_rejected<decltype(std::declval<M&>()(Probe<S>{}))>)
      return AlreadyReported{};
    else
      return shape_of_t<decltype(std::declval<M&>()(Probe<S>{}))>{};
  }
  using type = decltype(rule());
};
template <class M, class S>
using layer_output_t = typename layer_output<M, S>::type;

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
