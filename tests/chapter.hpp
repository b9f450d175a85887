// What a line of a chapter's table is checked against on the host: PyTorch's results, differences in double, and the
// compiled net.
//
//     check<nn::Conv2d<3, 4, nn::kernel_size<3, 2>>, Tensor<float, 2, 3, 7, 5>>({.vectors = "Conv2d.p01.table"});
//
// declares one case: a layer and its inputs, the mode, and the file of reference vectors if there is one. Without one
// the inputs are random. A line that only varies the shapes of others says check_variant, one that only compares more
// numbers check_reference. The lines of a chapter stand in tables/, which tests/<chapter>.cpp includes behind this
// header and tests/cuda/<chapter>.hpp behind cuda/against_host.hpp, where those that say check_everywhere are run on
// the device and the others are nothing. A chapter whose lines take long to compile has several tables: pooling,
// pooling_3d, ...
#pragma once

#include <cmath>
#include <optional>

#include "subject.hpp"

namespace tenon_test {

StateDict load_vectors(const std::string& name);

/// The elements of an entry, whatever its type.
std::vector<double> numbers(const tenon::AnyTensor& entry);

/// Something a layer is made from: class weights of a loss.
template <class Layer, std::size_t... N>
Layer weighted(const tenon::AnyTensor& weight, std::index_sequence<N...>) {
  std::optional<Layer> layer;
  const auto try_length = [&]<index_t Length>(std::integral_constant<index_t, Length>) {
    if (weight.extents() == std::vector<index_t>{Length}) layer.emplace(weight.get<Tensor<float, Length>>());
  };
  (try_length(std::integral_constant<index_t, N + 1>{}), ...);
  return layer.value();
}

/// The layer `dict` describes, whose first input is an `In`.
template <class Layer, class In, class...>
Layer make_layer(const StateDict& dict) {
  if constexpr (std::is_constructible_v<Layer, Tensor<float, 1>>)
    if (dict.contains("f32.kw.weight")) {
      const tenon::AnyTensor& weight = dict["f32.kw.weight"];
      constexpr index_t batch = tenon::shape_of_t<In>::dims[0];
      if constexpr (std::is_constructible_v<Layer, In>) {
        if (weight.holds<In>()) return Layer(weight.get<In>());
        if (weight.holds<Tensor<float, batch, 1>>()) return Layer(weight.get<Tensor<float, batch, 1>>());
      }
      return weighted<Layer>(weight, std::make_index_sequence<16>{});
    }
  return Layer{};
}

// ---- the checks

/// Outputs, gradients and buffers against those in `dict`: PyTorch's, or the layer's own in double.
void check_against(Subject& subject, const StateDict& dict, const Case& c);

/// Gradients in double against central differences of a random weighting of the output. Returns what the layer was
/// given and what it made of that, like the entries of a file. `classes`: how many labels there are.
StateDict check_gradients(Subject& subject, index_t classes, const Case& c);
template <class First, class... Rest>
StateDict check_gradients(auto layer, const Case& c) {
  Recorded<decltype(layer), typename widened<First>::type, typename widened<Rest>::type...> subject(std::move(layer));
  return check_gradients(subject, classes_of<First>(), c);
}

/// Calls the layer on random arguments and differentiates: all that it reads and writes.
void call_at_random(Subject& subject, index_t classes, const Case& c);

void compare_compiled(const View& evaluated, const View& recorded, const View& compiled, const View& in_place);

/// The layer in evaluation mode: recorded, not recorded and compiled.
template <class Layer, class In>
[[gnu::cold]] void check_compiled(const Case& c) {
  constexpr bool of_user = !requires { typename Layer::built_in; };
  static_assert(of_user || tenon::plan::planned_by_type<tenon::cpu::Backend, Layer>,
                "a layer of one result that cannot be compiled");
  Layer layer;
  const In x = random_argument<In>(classes_of<In>(), c.low, c.high);
  for (int warm = 0; warm < 2; ++warm) (void)layer(x);  // running statistics worth folding
  layer.eval();
  const Argument<0, In> argument;
  view_of(argument.value.data()).assign(numbers(x));
  const auto recorded = layer(argument.value);
  const auto evaluated = layer(x);
  auto net = tenon::compile<In>(layer);
  typename decltype(net)::Output y;
  net(x, y);
  compare_compiled(view_of(evaluated), view_of(recorded.data()), view_of(net(x)), view_of(y));
}

/// Losses and layers with several results have no place in a net; everything else has to compile.
template <class Layer, class... In>
inline constexpr bool has_place_in_a_net = sizeof...(In) == 1 && !requires {
  std::tuple_size<decltype(std::declval<Layer&>()(std::declval<const In&>()...))>::value;
};

// The sanitizers look for what is read or written where it should not be: there, every line is called in float alone,
// and lines that take no path of their own are left out. With -ffast-math, float against the vectors tells what goes
// wrong.
#if defined(TENON_SANITIZED)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif
#if defined(__FAST_MATH__)
inline constexpr bool checks_in_double = false;
#else
inline constexpr bool checks_in_double = !is_sanitized;
#endif

namespace detail {
template <class Layer, class... In>
void check_vectors(const Case& c) {
  const StateDict dict = load_vectors(c.vectors);
  Recorded<Layer, In...> subject(make_layer<Layer, In...>(dict));
  check_against(subject, dict, c);
}
template <class Layer, class First, class... Rest>
void check_at_random(const Case& c) {
  if constexpr (!checks_in_double) {
    if (c.vectors) return;
    Recorded<Layer, First, Rest...> subject{Layer()};
    call_at_random(subject, classes_of<First>(), c);
  } else if (c.gradients) {
    const StateDict dict = check_gradients<First, Rest...>(nn::rebound_or_same_t<Layer, nn::to_type<double>>(), c);
    Recorded<Layer, First, Rest...> subject{Layer()};
    check_against(subject, dict, c);
  }
}
template <class Layer, class... In>
void check(const Case& c, std::string_view function) {
  BOOST_TEST_CONTEXT(description(c, function)) {
    if (c.vectors) check_vectors<Layer, In...>(c);
    tenon::manual_seed(7);
    check_at_random<Layer, In...>(c);
    if constexpr (has_place_in_a_net<Layer, In...>) check_compiled<Layer, In...>(c);
  }
}
}  // namespace detail

/// A line that has nothing to add to another one's gradients and net.
template <class Layer, class... In>
void check_reference([[maybe_unused]] const Case& c) {
  if constexpr (!is_sanitized) BOOST_TEST_CONTEXT(description(c, TENON_PRETTY_FUNCTION)) {
      detail::check_vectors<Layer, In...>(c);
    }
}
/// A line that takes a path of its own at run time: another kernel, option or kind of border or rest.
template <class Layer, class... In>
void check(const Case& c = {}) {
  detail::check<Layer, In...>(c, TENON_PRETTY_FUNCTION);
}
/// A line with other shapes or numbers on the paths of those that say `check`.
template <class Layer, class... In>
void check_variant([[maybe_unused]] const Case& c = {}) {
  if constexpr (!is_sanitized) detail::check<Layer, In...>(c, TENON_PRETTY_FUNCTION);
}

/// The same of a line that the device is checked by as well: the tolerance is for that.
template <class Layer, class... In>
void check_everywhere(const Case& c = {}) {
  check<Layer, In...>(c);
}
template <class Layer, class... In>
void check_everywhere([[maybe_unused]] double device_tolerance) {
  check<Layer, In...>();
}
/// Of one that it is checked by in double, and the sanitizers look at.
template <class Layer, class... In>
void check_everywhere_in_double(Case c = {}) {
  if constexpr (is_sanitized) {
    c.vectors = nullptr;  // which are in float
    check<nn::rebound_or_same_t<Layer, nn::to_type<double>>, typename widened<In>::type...>(c);
  } else {
    check<Layer, In...>(c);
  }
}
template <class Layer, class... In>
void check_everywhere_in_double([[maybe_unused]] double device_tolerance) {
  check_everywhere_in_double<Layer, In...>();
}

}  // namespace tenon_test
