// What the tests of the host's layers and of the device's share: a case, the layer it is about, and how its tensors are
// read and compared, whatever their types and wherever they lie.
//
// Most of the time of a test goes into compiling it. So what depends on the types of a case is a Subject, as small as
// it can be, and what does not is in subject.cpp, compiled once.
#pragma once

#include <array>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <functional>
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
  // What a line of both places allows between them: in float 2e-5 of 1 and the number, in double 1e-13.
  double device_tolerance = closely;

  static constexpr double closely = -1;
};
/// For what only picks elements.
inline constexpr double exactly = 0;

/// Neither NaN nor infinite, by its bits: -ffast-math takes a comparison away that only they fail.
inline bool is_finite(double number) { return (std::bit_cast<std::uint64_t>(number) >> 52 & 0x7ff) != 0x7ff; }

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

/// How bytes get out of the memory of a device and into it.
struct Memory {
  void (*read)(const void* from, std::size_t bytes, void* to);
  void (*write)(const void* from, std::size_t bytes, void* to);
};
/// That of a place; null of the host's.
template <class Place>
inline constexpr const Memory* memory_of = nullptr;

/// A tensor, whatever its type, and the gradient with respect to it.
struct View {
  tenon::DType dtype{};
  std::span<const index_t> extents;
  void* data = nullptr;
  const void* gradient = nullptr;
  const Memory* memory = nullptr;

  std::size_t size() const;
  std::size_t bytes() const;
  std::vector<double> numbers() const;
  std::vector<double> gradients() const;
  void assign(const std::vector<double>& numbers) const;
  View of_gradient() const { return {dtype, extents, const_cast<void*>(gradient), nullptr, memory}; }
  /// Random numbers in [low, high), or labels below `classes`. On the host.
  void randomize(index_t classes, double low, double high) const;
};
template <class Tensor>
View view_of(const Tensor& tensor, const Tensor* gradient = nullptr) {
  return {tenon::dtype_of<typename Tensor::value_type>, tenon::shape_of_t<Tensor>::dims,
          const_cast<typename Tensor::value_type*>(tensor.data()), gradient ? gradient->data() : nullptr,
          memory_of<typename Tensor::place>};
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
  template <class F>
  decltype(auto) apply(F&& function) const {
    return function(static_cast<const Argument<I, X>&>(*this).value...);
  }
  void add_to(std::vector<Part>& parts, bool with_gradients) const {
    (static_cast<const Argument<I, X>&>(*this).add_to(parts, with_gradients), ...);
  }
};

/// The parameters and buffers of `layer`.
template <class Layer>
void add_parts(Layer& layer, bool with_gradients, std::vector<Part>& parts) {
  nn::for_each_named_tensor(layer, [&](const std::string& name, auto& member) {
    if constexpr (requires { member.grad(); })
      parts.push_back({Part::Kind::parameter, name, view_of(member.data(), with_gradients ? &member.grad() : nullptr)});
    else
      parts.push_back({Part::Kind::buffer, name, view_of(member.data())});
  });
}

template <class Layer, class... In>
class Recorded final : public Subject {
 public:
  explicit Recorded(Layer layer) : layer_(std::move(layer)) {}
  Layer& layer() { return layer_; }

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
    add_parts(layer_, with_gradients, parts);
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

/// What a failure says of its case: the file, and the types in `function`, the name of a function template.
std::string description(const Case& c, std::string_view function);

}  // namespace tenon_test
