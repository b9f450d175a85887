/// \file
/// What the chapters share: a layer on the device gives what it gives on the host. Of a chapter's table, the lines that
/// say so are checked here.
#pragma once

#include <tenon/cuda/cuda.hpp>

#include "device_subject.hpp"

namespace tenon_test {

namespace cuda = tenon::cuda;

inline void read_device(const void* from, std::size_t bytes, void* to) {
  cuda::device::to_host(static_cast<const std::byte*>(from), static_cast<index_t>(bytes), static_cast<std::byte*>(to));
}
inline void write_device(const void* from, std::size_t bytes, void* to) {
  cuda::device::from_host(static_cast<const std::byte*>(from), static_cast<index_t>(bytes),
                          static_cast<std::byte*>(to));
}
inline constexpr Memory device_memory{read_device, write_device};
template <>
inline constexpr const Memory* memory_of<cuda::device> = &device_memory;

template <class Expected, class Actual>
  requires std::is_same_v<tenon::shape_of_t<Expected>, tenon::shape_of_t<Actual>>
void check_equal(const Expected& expected, const Actual& actual, double tolerance) {
  check_equal(view_of(expected), view_of(actual), tolerance);
}

template <class TensorType>
TensorType random() {
  TensorType x;
  view_of(x).assign(normal_numbers(x.size()));
  return x;
}

// ---- a layer on the device

template <class X>
struct on_device {  // output_size<...>
  using type = X;
};
template <class X>
  requires is_tensor_argument<X>
struct on_device<X> {
  using type = cuda::tensor_of_t<typename X::value_type, tenon::shape_of_t<X>>;
};

/// An argument of one recorded call, which holds the value only until `let_go()`.
template <std::size_t I, class X>
struct Passed : Argument<I, X> {
  using type = typename Argument<I, X>::type;

  explicit Passed(const Argument<I, X>& original) : Argument<I, X>{copy(original.value)} {}
  void let_go() { [[maybe_unused]] const type gone = std::move(this->value); }
  void add_to(std::vector<View>& gradients) const {
    if constexpr (has_gradient) gradients.push_back(view_of(kept.state->grad()));
  }

 private:
  static constexpr bool has_gradient = is_tensor_argument<X> && !is_integer<X>;
  static type copy(const type& value) {
    if constexpr (has_gradient)
      return type(value.data(), nn::requires_grad);
    else
      return value;
  }
  struct Nothing {
    explicit Nothing(const type&) {}
  };
  struct KeptState : Kept {
    decltype(std::declval<const type&>().state()) state;
    explicit KeptState(const type& value) : Kept(*value.state()), state(value.state()) {}
  };
  std::conditional_t<has_gradient, KeptState, Nothing> kept{this->value};
};
template <class Indices, class... X>
struct PassedArguments;
template <std::size_t... I, class... X>
struct PassedArguments<std::index_sequence<I...>, X...> : Passed<I, X>... {
  explicit PassedArguments(const Arguments<std::index_sequence<I...>, X...>& original) : Passed<I, X>(original)... {}
  template <class Layer>
  auto call(Layer& layer) const {
    return layer(static_cast<const Passed<I, X>&>(*this).value...);
  }
  void let_go() { (static_cast<Passed<I, X>&>(*this).let_go(), ...); }
  void add_to(std::vector<View>& gradients) const { (static_cast<const Passed<I, X>&>(*this).add_to(gradients), ...); }
};

/// A tensor, in a Variable or not, or what is none.
template <class X>
const auto& plain(const X& x) {
  if constexpr (requires { x.grad(); })
    return x.data();
  else
    return x;
}
template <class R>
Numbers read_results(const R& result) {
  if constexpr (requires { std::get<1>(result); })
    return read({view_of(plain(std::get<0>(result))), view_of(plain(std::get<1>(result)))});
  else
    return read({view_of(plain(result))});
}

template <class Layer, class... In>
class OnDevice final : public DeviceSubject {
 public:
  explicit OnDevice(const Layer& layer) : original_(layer), layer_(layer.cuda(0)) {}

  void train(bool mode) override { layer_.train(mode); }
  Numbers call() override { return read_results(call_with(layer_)); }
  Recording record(const std::vector<double>& gradient) override {
    Recording recording;
    PassedArguments<indices, typename on_device<In>::type...> arguments(arguments_);
    {
      const Kept y = [&] {
        const auto result = arguments.call(layer_);
        recording.results = read_results(result);
        auto& state = *first_of(result).state();
        view_of(state.grad_to_write()).assign(gradient);
        arguments.let_go();
        return Kept(state);
      }();
      y.propagate();
    }
    std::vector<View> gradients;
    arguments.add_to(gradients);
    for (const View& view : gradients) recording.gradients.push_back(view.numbers());
    return recording;
  }
  Numbers call_compiled() override {
    using R = decltype(call_with(layer_));
    if constexpr (sizeof...(In) == 1 && !requires { std::tuple_size<R>::value; }) {
      auto net = cuda::compile<In...>(original_, 0);
      return read_results(call_with(net));
    }
    return {};
  }

 private:
  using indices = std::index_sequence_for<In...>;

  std::vector<Part> find_parts(bool with_gradients) override {
    std::vector<Part> parts;
    arguments_.add_to(parts, false);
    add_parts(layer_, with_gradients, parts);
    return parts;
  }

  template <class F>
  decltype(auto) call_with(F& function) {
    return arguments_.apply([&](const auto&... argument) -> decltype(auto) { return function(plain(argument)...); });
  }

  const Layer& original_;
  decltype(std::declval<const Layer&>().cuda(0)) layer_;
  Arguments<indices, typename on_device<In>::type...> arguments_;
};

// Where nothing will run, all there is to check is what nvcc says of the device's side.
#if defined(TENON_ONLY_COMPILED)
inline constexpr bool only_compiled = true;
#else
inline constexpr bool only_compiled = false;
#endif

/// `layer` on `x...`.
template <class Layer, class... X>
void check_layer(const Layer& layer, [[maybe_unused]] const Case& c, const X&... x) {
  if constexpr (only_compiled) {
    const OnDevice<Layer, X...> device(layer);
  } else {
    Recorded<Layer, X...> host(layer);
    std::size_t i = 0;
    std::vector<Part> parts = host.parts();
    (parts[i++].view.assign(numbers(x)), ...);
    OnDevice<Layer, X...> device(host.layer());
    check_against_host(host, device, c);
  }
}
/// A layer that is no line of a table.
template <class Layer, class First, class... Rest>
void check_on_device([[maybe_unused]] const Case& c = {}) {
  if constexpr (only_compiled) {
    const Layer layer;
    const OnDevice<Layer, First, Rest...> device(layer);
  } else {
    Recorded<Layer, First, Rest...> host{Layer()};
    OnDevice<Layer, First, Rest...> device(host.layer());
    check_at_random(host, device, classes_of<First>(), c, TENON_PRETTY_FUNCTION);
  }
}

template <class Layer, class... In>
void check_on_device(double tolerance) {
  check_on_device<Layer, In...>({.device_tolerance = tolerance});
}

/// An eager call of `layer` on `x`.
template <class Layer, class Input>
void check_eager(Layer& layer, const Input& x, double tolerance) {
  auto on_device = layer.cuda(0);
  check_equal(layer(x), on_device(cuda::copy(x)), tolerance);
}
/// The net that `layer`, in evaluation mode, is compiled to.
template <class Layer, class Input>
void check_compiled(Layer& layer, const Input& x, double tolerance) {
  auto net = cuda::compile<Input>(layer, 0);
  layer.eval();
  check_equal(layer(x), net(cuda::copy(x)), tolerance);
}

// ---- the lines of a table

template <class Layer, class... In>
void check_everywhere(const Case& c) {
  check_on_device<Layer, In...>(c);
}
template <class Layer, class... In>
void check_everywhere(double tolerance = Case::closely) {
  check_on_device<Layer, In...>({.device_tolerance = tolerance});
}
template <class Layer, class... In>
void check_everywhere_in_double(const Case& c) {
  check_on_device<nn::rebound_or_same_t<Layer, nn::to_type<double>>, typename widened<In>::type...>(c);
}
template <class Layer, class... In>
void check_everywhere_in_double(double tolerance = Case::closely) {
  check_everywhere_in_double<Layer, In...>({.device_tolerance = tolerance});
}
/// The host's alone.
template <class Layer, class... In>
consteval void check(const Case& = {}) {}
template <class Layer, class... In>
consteval void check_variant(const Case& = {}) {}
template <class Layer, class... In>
consteval void check_reference(const Case& = {}) {}

}  // namespace tenon_test
