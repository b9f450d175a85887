// What a line of a chapter's table is checked against: PyTorch's results, differences in double, and the compiled net.
//
//     check<nn::Conv2d<3, 4, nn::kernel_size<3, 2>>, Tensor<float, 2, 3, 7, 5>>({.vectors = "Conv2d.p01.table"});
//
// declares one case: a layer and its inputs, the mode, and the file of reference vectors if there is one. Without one
// the inputs are random.
#pragma once

#include <array>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <tenon/tenon.hpp>
#include <tuple>
#include <vector>

namespace tenon_test {

namespace nn = tenon::nn;
using tenon::index_t;
using tenon::StateDict;
using tenon::Tensor;

struct Case {
  const char* vectors = nullptr;
  bool eval = false;
  // Dropout draws: its gradient is not the difference of two calls, and its training mode has no place in a net.
  bool gradients = true;
  // What the file calls the inputs, and the range of random ones.
  std::array<const char*, 4> names{"input", "target", "third", "fourth"};
  double low = -1, high = 1;
  double rtol_out = 1e-5, atol_out = 1e-5, rtol_grad = 1e-4, atol_grad = 2e-5;
};

/// Neither NaN nor infinite, by its bits: -ffast-math takes a comparison away that only they fail.
inline bool is_finite(double number) { return (std::bit_cast<std::uint64_t>(number) >> 52 & 0x7ff) != 0x7ff; }

StateDict load_vectors(const std::string& name);

/// The elements of an entry, whatever its type.
std::vector<double> numbers(const tenon::AnyTensor& entry);

template <class Tensor>
std::vector<double> numbers(const Tensor& tensor)
  requires requires { typename Tensor::static_shape; }
{
  return {tensor.begin(), tensor.end()};
}

/// One failure with the first difference, not one per element.
void compare(const std::string& what, const std::vector<double>& got, const std::vector<double>& want, double rtol,
             double atol);

template <class Tensor>
void compare(const std::string& what, const Tensor& got, const std::vector<double>& want, double rtol, double atol)
  requires requires { typename Tensor::static_shape; }
{
  compare(what, numbers(got), want, rtol, atol);
}

/// An argument ("in.") or a parameter ("param."), and the gradient with respect to it.
struct Differentiated {
  std::string kind, name;
  std::span<const index_t> extents;
  std::span<double> value;
  std::span<const double> gradient;
};
/// Gradients of `value` against its central differences.
void check_differences(const std::function<double()>& value, const std::vector<Differentiated>& differentiated);

void round_to_float(std::span<double> numbers);
/// Numbers as an entry of a file.
tenon::AnyTensor entry(tenon::DType dtype, std::span<const index_t> extents, std::span<const double> numbers);

/// `error` when called.
template <class F>
void check_error(F&& call, const std::string& error) {
  BOOST_CHECK_EXCEPTION(call(), tenon::Error, [&](const tenon::Error& e) { return e.what() == error; });
}

// ---- arguments: floating tensors get gradients; integers are indices into a table where they come first, else labels

template <class T>
inline constexpr bool is_tensor_argument = requires { typename T::static_shape; };
template <class T>
inline constexpr bool is_integer = false;
template <class T>
  requires is_tensor_argument<T>
inline constexpr bool is_integer<T> = std::is_integral_v<typename T::value_type>;

template <class T>
inline constexpr bool is_differentiable = false;
template <class T>
inline constexpr bool is_differentiable<nn::Variable<T>> = !is_integer<T>;

/// Random numbers in [low, high), or labels below `classes`.
template <class T>
T random_argument(index_t classes, double low = -1, double high = 1) {
  T tensor;
  if constexpr (is_integer<T>) {
    for (auto& label : tensor) label = static_cast<std::int64_t>(tenon::generator()() % static_cast<unsigned>(classes));
  } else {
    using E = typename T::value_type;
    tenon::fill_uniform(tensor, (high - low) / 2);
    for (E& element : tensor) element += static_cast<E>((high + low) / 2);
  }
  return tensor;
}

template <class T>
constexpr index_t classes_of() {
  if constexpr (tenon::shape_of_t<T>::rank > 1)
    return tenon::shape_of_t<T>::dims[1];
  else
    return 1;
}

/// An integer tensor as it is passed: a first argument in a Variable, so that the call is recorded.
template <class T, class First, class... Rest>
auto as_index_argument(T indices) {
  if constexpr (is_integer<First>)
    return nn::Variable{std::move(indices)};
  else
    return indices;
}

/// The first of several results.
template <class R>
const auto& first_of(const R& result) {
  if constexpr (requires { std::tuple_size<R>::value; })
    return std::get<0>(result);
  else
    return result;
}

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
template <class Layer, class In>
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
template <class Layer, class... In>
[[gnu::cold]] void check_against(const StateDict& dict, const Case& c) {
  Layer layer = make_layer<Layer, std::tuple_element_t<0, std::tuple<In...>>>(dict);
  layer.load_state_dict(dict.subset("f32.param."), {.strict = false});
  layer.load_state_dict(dict.subset("f32.buf_before."), {.strict = false});
  layer.train(!c.eval);

  std::size_t position = 0;
  const auto load = [&]<class T>(std::type_identity<T>) {
    if constexpr (!is_tensor_argument<T>)
      return T{};  // output_size<...>
    else if constexpr (is_integer<T>)
      return as_index_argument<T, In...>(dict.get<T>(std::string("i64.in.") + c.names[position++]));
    else
      return nn::Variable{dict.get<T>(std::string("f32.in.") + c.names[position++]), nn::requires_grad};
  };
  std::tuple arguments{load(std::type_identity<In>{})...};
  const auto result = std::apply([&](const auto&... x) { return layer(x...); }, arguments);
  const auto& y = first_of(result);
  compare("output", y.data(), numbers(dict["f64.out.output"]), c.rtol_out, c.atol_out);
  if constexpr (requires { std::get<1>(result); })
    compare("indices", std::get<1>(result).data(), numbers(dict["i64.out.indices"]), 0, 0);

  using Y = std::remove_cvref_t<decltype(y.data())>;
  if (dict.contains("f32.gout.output"))
    y.backward(Y::from(numbers(dict["f32.gout.output"])));
  else
    y.backward(Y::from(std::vector<float>(Y::size(), 1.f)));
  position = 0;
  std::apply(
      [&](const auto&... x) {
        const auto compare_gradient = [&](const auto& argument) {
          if constexpr (requires { argument.grad(); }) {
            const std::string key = std::string("f64.gin.") + c.names[position];
            if (dict.contains(key)) compare(key, argument.grad(), numbers(dict[key]), c.rtol_grad, c.atol_grad);
          }
          ++position;
        };
        (compare_gradient(x), ...);
      },
      arguments);
  std::size_t compared = 0;
  nn::for_each_parameter(layer, [&](const std::string& name, auto& parameter) {
    compare("gradient of " + name, parameter.grad(), numbers(dict["f64.gparam." + name]), c.rtol_grad, c.atol_grad);
    ++compared;
  });
  BOOST_TEST(compared == dict.subset("f64.gparam.").size());
  const StateDict state = layer.state_dict();
  for (const char* changed : {"f64.buf_after.", "f64.param_after."})
    for (const auto& [name, value] : StateDict(dict.subset(changed))) {
      if (name.ends_with("num_batches_tracked")) continue;
      compare(name, numbers(state[name]), numbers(value), c.rtol_out, c.atol_out);
    }
}

/// Gradients in double against central differences of a random weighting of the output. Returns what `layer` was given
/// and what it made of that, like the entries of a file.
template <class... In>
[[gnu::cold]] StateDict check_gradients(auto layer, const Case& c) {
  layer.train(!c.eval);
  const auto widen = [&c]<class T>(std::type_identity<T>) {
    if constexpr (!is_tensor_argument<T>)
      return T{};
    else if constexpr (is_integer<T>)
      return as_index_argument<T, In...>(random_argument<T>(classes_of<std::tuple_element_t<0, std::tuple<In...>>>()));
    else
      return nn::Variable{random_argument<tenon::tensor_of_t<double, tenon::shape_of_t<T>>>(1, c.low, c.high),
                          nn::requires_grad};
  };
  std::tuple arguments{widen(std::type_identity<In>{})...};
  const auto for_each_differentiable = [&](const auto& f) {
    std::size_t position = 0;
    const auto visit = [&](auto& argument) {
      if constexpr (is_differentiable<std::remove_cvref_t<decltype(argument)>>) f("in.", c.names[position], argument);
      ++position;
    };
    std::apply([&](auto&... x) { (visit(x), ...); }, arguments);
    nn::for_each_parameter(layer, [&](const std::string& name, auto& parameter) { f("param.", name, parameter); });
  };
  for_each_differentiable([](const char*, const std::string&, auto& variable) {
    round_to_float({variable.data().data(), variable.data().size()});
  });
  const auto call = [&] { return std::apply([&](const auto&... x) { return layer(x...); }, arguments); };
  const auto result = call();
  const auto& y = first_of(result);
  using Y = std::remove_cvref_t<decltype(y.data())>;
  Y weights = random_argument<Y>(1);
  round_to_float({weights.data(), weights.size()});
  const auto value = [&] {
    const auto again = call();
    return std::inner_product(weights.begin(), weights.end(), first_of(again).data().begin(), 0.0);
  };
  y.backward(weights);

  std::vector<Differentiated> differentiated;
  for_each_differentiable([&](const char* kind, const std::string& name, auto& variable) {
    auto& tensor = variable.data();
    const auto& gradient = std::as_const(variable).grad();
    differentiated.push_back({kind,
                              name,
                              tenon::shape_of_t<std::remove_cvref_t<decltype(tensor)>>::dims,
                              {tensor.data(), tensor.size()},
                              {gradient.data(), gradient.size()}});
  });
  check_differences(value, differentiated);

  StateDict dict;
  for (const auto& [kind, name, extents, values, gradient] : differentiated) {
    dict.insert("f32." + kind + name, entry(tenon::DType::F32, extents, values));
    dict.insert("f64.g" + kind + name, entry(tenon::DType::F64, extents, gradient));
  }
  std::size_t position = 0;
  const auto insert_indices = [&](const auto& argument) {
    if constexpr (is_integer<tenon::autograd::argument_t<decltype(argument)>>)
      dict.insert(std::string("i64.in.") + c.names[position], tenon::autograd::value_of(argument));
    ++position;
  };
  std::apply([&](const auto&... x) { (insert_indices(x), ...); }, arguments);
  dict.insert("f32.gout.output",
              entry(tenon::DType::F32, tenon::shape_of_t<Y>::dims, {weights.data(), weights.size()}));
  dict.insert("f64.out.output", y.data());
  if constexpr (requires { std::get<1>(result); }) dict.insert("i64.out.indices", std::get<1>(result).data());
  return dict;
}

/// The layer in evaluation mode: recorded, not recorded and compiled.
template <class Layer, class In>
[[gnu::cold]] void check_compiled(const Case& c) {
  constexpr bool of_user = !requires { typename Layer::built_in; };
  static_assert(of_user || tenon::planning::planned_by_type<Layer>, "a layer of one result that cannot be compiled");
  Layer layer;
  const In x = random_argument<In>(classes_of<In>(), c.low, c.high);
  for (int warm = 0; warm < 2; ++warm) (void)layer(x);  // running statistics worth folding
  layer.eval();
  auto net = tenon::compile<In>(layer);
  const auto recorded = [&] {
    if constexpr (is_integer<In>)
      return numbers(layer(nn::Variable{x}).data());
    else
      return numbers(layer(nn::Variable{x, nn::requires_grad}).data());
  }();
  compare("without a record", layer(x), recorded, 1e-5, 1e-5);
  compare("compiled", net(x), recorded, 1e-5, 1e-5);
  typename decltype(net)::Output y;
  net(x, y);
  compare("compiled, into the caller's tensor", y, numbers(net(x)), 0, 0);
}

/// Losses and layers with several results have no place in a net; everything else has to compile.
template <class Layer, class... In>
inline constexpr bool has_place_in_a_net = sizeof...(In) == 1 && !requires {
  std::tuple_size<decltype(std::declval<Layer&>()(std::declval<const In&>()...))>::value;
};

/// A line that has nothing to add to another one's gradients and net.
template <class Layer, class... In>
void check_reference(const Case& c) {
  BOOST_TEST_CONTEXT(c.vectors << ", " << nn::repr_module(Layer{})) {
    check_against<Layer, In...>(load_vectors(c.vectors), c);
  }
}

template <class Layer, class... In>
void check(const Case& c = {}) {
  BOOST_TEST_CONTEXT((c.vectors ? c.vectors : "random inputs") << ", " << nn::repr_module(Layer{})) {
    tenon::manual_seed(7);
    if (c.vectors) check_against<Layer, In...>(load_vectors(c.vectors), c);
    if (c.gradients) {
      const StateDict in_double = check_gradients<In...>(nn::rebound_or_same_t<Layer, nn::to_type<double>>(), c);
      check_against<Layer, In...>(in_double, c);
    }
    if constexpr (has_place_in_a_net<Layer, In...>) check_compiled<Layer, In...>(c);
  }
}

}  // namespace tenon_test
