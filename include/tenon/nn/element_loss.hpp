/// \file
/// How each place computes the losses of elements: a map, summed up.
#pragma once

#include "loss.hpp"
#include "maps.hpp"

namespace tenon::inline TENON_ISA::operation {

namespace detail {

struct IsNoProbability {
  template <class T>
  TENON_HOST_DEVICE bool operator()(const T& p) const {
    return !(p >= T(0) && p <= T(1));
  }
};

/// The elements of a tensor as numbers of type `T`: where they are, or converted.
template <class T, class X>
class ElementsAs {
 public:
  explicit ElementsAs(const X& x) : elements_(nullptr) {
    if constexpr (std::is_same_v<typename X::value_type, T>) {
      elements_ = x.data();
    } else {
      converted_ = array(shape_of_t<X>::size);
      X::place::copy(x.data(), shape_of_t<X>::size, converted_.data());
      elements_ = converted_.data();
    }
  }
  const T* data() const { return elements_; }

 private:
  using array = typename X::place::template array<T>;
  array converted_;
  const T* elements_;
};

/// The weights of a loss, one for each element of a tensor of shape `S`: broadcast as PyTorch does; a tenon::Error if
/// they cannot be.
template <class T, class S>
memory::Array<T> expanded_weights(std::string_view loss, const LossWeights& weights) {
  const auto& extents = weights.extents;
  const auto text = [](const auto& shape) {
    Text result = "(";
    for (std::size_t a = 0; a < shape.size(); ++a) result += (a ? ", " : "") + to_text(shape[a]);
    return result + ")";
  };
  bool fits = extents.size() <= S::rank;
  for (std::size_t a = 0; fits && a < extents.size(); ++a)
    fits = extents[a] == 1 || extents[a] == S::dims[S::rank - extents.size() + a];
  if (!fits)
    raise(Text(loss) + ": weight of shape " + text(extents) + ", wanted one that broadcasts to " + text(S::dims));
  memory::Array<T> expanded(static_cast<std::size_t>(S::size));
  for (index_t i = 0; i < S::size; ++i) {
    index_t rest = i, at = 0, stride = 1;
    for (std::size_t a = extents.size(); a-- > 0;) {
      const index_t extent = S::dims[S::rank - extents.size() + a];
      at += (extents[a] == 1 ? 0 : rest % extent) * stride;
      rest /= extent;
      stride *= extents[a];
    }
    expanded[static_cast<std::size_t>(i)] = static_cast<T>(weights.values[static_cast<std::size_t>(at)]);
  }
  return expanded;
}

}  // namespace detail

template <class Term, bool SizeAverage>
struct MapKernel<ElementLoss<Term, SizeAverage>> {
  using Operation = ElementLoss<Term, SizeAverage>;

  template <class Y, class X, class... Others>
  static void forward(const Operation& loss, autograd::NothingSaved*, Y& y, const X& x, const Others&... others) {
    using S = shape_of_t<X>;
    if constexpr (requires { Term::takes_probabilities; })
      if (const index_t at = X::place::find(S::size, detail::IsNoProbability{}, x.data()); at < S::size)
        raise_wrong_probability(Term::name, at, static_cast<double>(read<typename X::place>(x.data() + at)));
    const auto add_up = [&](auto term, const auto*... elements) {
      const double sum = X::place::sum(S::size, term, elements...);
      y.fill(static_cast<typename Y::value_type>(sum / Operation::template divisor<S>()));
    };
    with_elements(loss, add_up, x, others...);
  }

  template <class Y, class X, class... Others>
  static void backward(const Operation& loss, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Others>&... others) {
    using T = typename X::value_type;
    const auto scale = X::place::scaled(grad_y.data(), T(1 / Operation::template divisor<shape_of_t<X>>()));
    const auto pass = [&](auto term, const auto*... elements) {
      [&]<int... Operand>(std::integer_sequence<int, Operand...>, const auto&... inputs) {
        (pass_to<X>(loss::ScaledGradient<decltype(term), Operand, decltype(scale)>{scale}, inputs, elements...), ...);
      }(std::make_integer_sequence<int, 1 + sizeof...(Others)>{}, x, others...);
    };
    with_elements(loss, pass, x.value, others.value...);
  }

 private:
  /// Calls f(term, pointers to elements...); of a weighted term, those to the weights first.
  template <class F, class X, class... Others>
  static void with_elements(const Operation& loss, const F& f, const X& x, const Others&... others) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    if (loss.weights) {
      const auto host = detail::expanded_weights<T, S>(Term::name, *loss.weights);
      typename X::place::template array<T> weights(S::size);
      X::place::from_host(host.data(), S::size, weights.data());
      f(loss::Weighted<Term>{}, static_cast<const T*>(weights.data()), x.data(),
        detail::ElementsAs<T, Others>(others).data()...);
    } else {
      f(Term{}, x.data(), detail::ElementsAs<T, Others>(others).data()...);
    }
  }
  template <class X, class Gradient, class Operand, class... T>
  static void pass_to(const Gradient& gradient, const autograd::Input<Operand>& operand, const T*... elements) {
    if constexpr (std::is_same_v<typename Operand::value_type, typename X::value_type>)
      if (operand.grad)
        X::place::map_gradient(shape_of_t<X>::size, operand.accumulate, gradient, operand.grad, elements...);
  }
};

}  // namespace tenon::inline TENON_ISA::operation
