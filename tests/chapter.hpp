// What a line of a chapter's table is checked against: PyTorch's results, differences in double, and the compiled net.
//
//     check<nn::Conv2d<3, 4, nn::kernel_size<3, 2>>, Tensor<float, 2, 3, 7, 5>>({.vectors = "Conv2d.p01.table"});
//
// declares one case: a layer and its inputs, the mode, and the file of reference vectors if there is one. Without one
// the inputs are random.
//
// Most of the time of a test goes into compiling it. So what depends on the types of a case is a Subject, as small as
// it can be, and the checks, in chapter.cpp, are compiled once.
#pragma once

#include <array>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
std::vector<double> numbers(const Tensor& tensor) requires requires {
  typename Tensor::static_shape;
}
{ return {tensor.data(), tensor.data() + tensor.size()}; }

/// One failure with the first difference, not one per element.
void compare(const std::string& what, const std::vector<double>& got, const std::vector<double>& want, double rtol,
             double atol);

template <class Tensor>
void compare(const std::string& what, const Tensor& got, const std::vector<double>& want, double rtol,
             double atol) requires requires {
  typename Tensor::static_shape;
}
{ compare(what, numbers(got), want, rtol, atol); }

/// `error` when called.
template <class F>
void check_error(F&& call, const std::string& error) {
  BOOST_CHECK_EXCEPTION(call(), tenon::Error, [&](const tenon::Error& e) { return e.what() == error; });
}

// ---- arguments: floating tensors get gradients; integers are indices into a table where they come first, else labels

template <class T>
inline constexpr bool is_tensor_argument = requires {
  typename T::static_shape;
};
template <class T>
inline constexpr bool is_integer = false;
template <class T>
  requires is_tensor_argument<T>
inline constexpr bool is_integer<T> = std::is_integral_v<typename T::value_type>;

/// A tensor, whatever its type, and the gradient with respect to it.
struct View {
  tenon::DType dtype{};
  std::span<const index_t> extents;
  void* data = nullptr;
  const void* gradient = nullptr;

  std::size_t size() const;
  std::vector<double> numbers() const;
  std::vector<double> gradients() const;
  void assign(const std::vector<double>& numbers) const;
  /// Random numbers in [low, high), or labels below `classes`.
  void randomize(index_t classes, double low, double high) const;
};
template <class Tensor>
View view_of(const Tensor& tensor, const Tensor* gradient = nullptr) {
  return {tenon::dtype_of<typename Tensor::value_type>, tenon::shape_of_t<Tensor>::dims,
          const_cast<typename Tensor::value_type*>(tensor.data()), gradient ? gradient->data() : nullptr};
}

/// Random numbers in [low, high), or labels below `classes`.
template <class T>
T random_argument(index_t classes, double low = -1, double high = 1) {
  T tensor;
  view_of(tensor).randomize(classes, low, high);
  return tensor;
}

template <class T>
constexpr index_t classes_of() {
  if constexpr (tenon::shape_of_t<T>::rank > 1)
    return tenon::shape_of_t<T>::dims[1];
  else
    return 1;
}

/// The first of several results.
template <class R>
const auto& first_of(const R& result) {
  if constexpr (requires { std::tuple_size<R>::value; })
    return std::get<0>(result);
  else
    return result;
}

// ---- subjects

/// A tensor of a layer that is checked, by its name.
struct Part {
  enum class Kind { argument, parameter, buffer } kind;
  std::string name;  // none for an argument
  View view;
};
/// What a call gave: tensors, of which the first is differentiated by `backward`.
struct Results {
  std::vector<View> views;
  const void* result;
  void (*differentiate)(const void* result, const std::vector<double>& gradient);

  void backward(const std::vector<double>& gradient) const { differentiate(result, gradient); }
};

/// A layer and its arguments.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual void train(bool mode) = 0;
  /// The arguments that are tensors, the parameters and the buffers.
  std::vector<Part> parts() { return find_parts(false); }
  /// The same after a backward pass: who asks for a gradient before makes the pass add to it.
  std::vector<Part> parts_with_gradients() { return find_parts(true); }
  /// Calls the layer on its arguments, so that the call is recorded, and `use` on the results.
  virtual void call(const std::function<void(const Results&)>& use) = 0;

 private:
  virtual std::vector<Part> find_parts(bool with_gradients) = 0;
};

template <class X>
struct of_argument {  // output_size<...>
  using type = X;
};
template <class X>
  requires is_tensor_argument<X>
struct of_argument<X> {
  using type = nn::Variable<X>;
};
/// How a tensor is passed: a first argument in a Variable, so that the call is recorded, and others with gradients.
template <std::size_t I, class X>
struct Argument {
  using type = std::conditional_t<I != 0 && is_integer<X>, X, typename of_argument<X>::type>;
  type value = [] {
    if constexpr (!is_tensor_argument<X> || std::is_same_v<type, X>)
      return X();
    else if constexpr (is_integer<X>)
      return type(X());
    else
      return type(X(), nn::requires_grad);
  }();

  void add_to(std::vector<Part>& parts, [[maybe_unused]] bool with_gradients) const {
    if constexpr (!is_tensor_argument<X>)
      return;
    else if constexpr (std::is_same_v<type, X>)
      parts.push_back({Part::Kind::argument, {}, view_of(value)});
    else if constexpr (is_integer<X>)
      parts.push_back({Part::Kind::argument, {}, view_of(value.data())});
    else
      parts.push_back({Part::Kind::argument, {}, view_of(value.data(), with_gradients ? &value.grad() : nullptr)});
  }
};
template <class Indices, class... X>
struct Arguments;
template <std::size_t... I, class... X>
struct Arguments<std::index_sequence<I...>, X...> : Argument<I, X>... {
  template <class Layer>
  auto call(Layer& layer) const {
    return layer(static_cast<const Argument<I, X>&>(*this).value...);
  }
  void add_to(std::vector<Part>& parts, bool with_gradients) const {
    (static_cast<const Argument<I, X>&>(*this).add_to(parts, with_gradients), ...);
  }
};

template <class Layer, class... In>
class Recorded final : public Subject {
 public:
  explicit Recorded(Layer layer) : layer_(std::move(layer)) {}

  void train(bool mode) override { layer_.train(mode); }
  void call(const std::function<void(const Results&)>& use) override {
    const auto result = arguments_.call(layer_);
    using Y = std::remove_cvref_t<decltype(first_of(result))>;
    Results results{{view_of(first_of(result).data())}, &first_of(result), &differentiate<Y>};
    if constexpr (requires { std::get<1>(result); }) results.views.push_back(view_of(std::get<1>(result).data()));
    use(results);
  }

 private:
  template <class Y>
  static void differentiate(const void* result, const std::vector<double>& numbers) {
    typename Y::tensor_type gradient;
    view_of(gradient).assign(numbers);
    static_cast<const Y*>(result)->backward(gradient);
  }

  std::vector<Part> find_parts(bool with_gradients) override {
    std::vector<Part> parts;
    arguments_.add_to(parts, with_gradients);
    nn::for_each_named_tensor(layer_, [&](const std::string& name, auto& member) {
      if constexpr (requires { member.grad(); })
        parts.push_back(
            {Part::Kind::parameter, name, view_of(member.data(), with_gradients ? &member.grad() : nullptr)});
      else
        parts.push_back({Part::Kind::buffer, name, view_of(member.data())});
    });
    return parts;
  }

  Layer layer_;
  Arguments<std::index_sequence_for<In...>, In...> arguments_;
};

template <class X>
struct widened {
  using type = X;
};
template <class X>
  requires(is_tensor_argument<X> && !is_integer<X>)
struct widened<X> {
  using type = tenon::tensor_of_t<double, tenon::shape_of_t<X>>;
};

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

void compare_compiled(const View& evaluated, const View& recorded, const View& compiled, const View& in_place);

/// The layer in evaluation mode: recorded, not recorded and compiled.
template <class Layer, class In>
[[gnu::cold]] void check_compiled(const Case& c) {
  constexpr bool of_user = !requires { typename Layer::built_in; };
  static_assert(of_user || tenon::plan::planned_by_type<tenon::cpu::Backend, Layer>, "a layer of one result that cannot be compiled");
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

/// What a failure says of its case: the file, and the types in `function`, the name of a function template.
std::string description(const Case& c, std::string_view function);

// The sanitizers look for what is read or written where it should not be, and that takes no second look at a number:
// there, lines with vectors are called in float alone, and those that only compare more numbers are left out.
#if defined(TENON_SANITIZED)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

namespace detail {
template <class Layer, class... In>
void check_vectors(const Case& c) {
  const StateDict dict = load_vectors(c.vectors);
  Recorded<Layer, In...> subject(make_layer<Layer, In...>(dict));
  check_against(subject, dict, c);
}
template <class Layer, bool InDouble, class... In>
void check(const Case& c, std::string_view function) {
  BOOST_TEST_CONTEXT(description(c, function)) {
    if (c.vectors) check_vectors<Layer, In...>(c);
    tenon::manual_seed(7);
    if constexpr (InDouble) {
      if (c.gradients) {
        const StateDict dict = check_gradients<In...>(nn::rebound_or_same_t<Layer, nn::to_type<double>>(), c);
        Recorded<Layer, In...> subject{Layer()};
        check_against(subject, dict, c);
      }
    }
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
/// A line with vectors, a mode or a range of its own.
template <class Layer, class... In>
void check(const Case& c) {
  detail::check<Layer, !is_sanitized, In...>(c, TENON_PRETTY_FUNCTION);
}
/// One with random inputs: shapes that no kernel likes.
template <class Layer, class... In>
void check() {
  detail::check<Layer, true, In...>({}, TENON_PRETTY_FUNCTION);
}

}  // namespace tenon_test
