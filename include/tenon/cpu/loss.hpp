/// \file
/// Losses of elements and of rows on the CPU.
#pragma once

#include <algorithm>

#include "../nn/loss.hpp"
#include "micro/map.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {

/// The elements of a tensor as numbers of type `T`: where they are, or converted.
template <class T, class X>
class ElementsAs {
 public:
  explicit ElementsAs(const X& x) {
    if constexpr (std::is_same_v<typename X::value_type, T>) {
      elements_ = x.data();
    } else {
      converted_ = memory::Array<T>(X::size());
      std::transform(x.data(), x.data() + X::size(), converted_.data(),
                     [](const auto& element) { return static_cast<T>(element); });
      elements_ = converted_.data();
    }
  }
  const T* data() const { return elements_; }

 private:
  memory::Array<T> converted_;
  const T* elements_;
};

/// The weights of a loss, one for each element of a tensor of shape `S`: broadcast as PyTorch does; a tenon::Error if
/// they cannot be.
template <class T, class S>
memory::Array<T> expanded_weights(std::string_view loss, const operation::LossWeights& weights) {
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

/// The sum of f(x[i]...): blocks in T, their sum in double, so that many terms do not lose the last ones.
template <class T, class F, class... X>
double sum_of_blocks(index_t size, const F& f, const X*... x) {
  constexpr index_t block = 8192;
  double sum = 0;
  for (index_t start = 0; start < size; start += block)
    sum += static_cast<double>(micro::map_sum<T>((std::min)(block, size - start), f, x + start...));
  return sum;
}

/// Throws if an element is not in [0, 1].
template <class X>
void check_probabilities(std::string_view loss, const X& x) {
  for (std::size_t i = 0; i < X::size(); ++i)
    if (const auto p = x.data()[i]; !(p >= 0 && p <= 1))
      operation::raise_wrong_probability(loss, static_cast<index_t>(i), static_cast<double>(p));
}

}  // namespace detail

namespace detail {

/// The loops over the elements of `Term`, whatever the tensors' shape. `weights` may be null.
template <class Term, class T>
struct ElementTerms {
  using V = micro::Vector<T>;

  template <class... X>
  static double sum(index_t size, const T* weights, const X*... x) {
    if (!weights)
      return sum_of_blocks<T>(size, [](const auto&... v) TENON_ALWAYS_INLINE { return Term{}(v...); }, x...);
    return sum_of_blocks<T>(
        size, [](const V& w, const auto&... v) TENON_ALWAYS_INLINE { return w * Term{}(v...); }, weights, x...);
  }

  /// grad = or += scale * weight * the gradient of the term with respect to operand `Operand`.
  template <int Operand, class... X>
  static void gradient(index_t size, T scale, const T* weights, bool accumulate, T* grad, const X*... x) {
    if (weights)
      micro::map_gradient<T>(
          size, accumulate,
          [s = V(scale)](const V& w, const auto&... v)
              TENON_ALWAYS_INLINE { return s * w * Term{}.template gradient<Operand>(v...); },
          grad, weights, x...);
    else
      micro::map_gradient<T>(
          size, accumulate,
          [s = V(scale)](const auto&... v) TENON_ALWAYS_INLINE { return s * Term{}.template gradient<Operand>(v...); },
          grad, x...);
  }
};

}  // namespace detail

template <class Term, bool SizeAverage>
struct Kernel<operation::ElementLoss<Term, SizeAverage>> {
  using Operation = operation::ElementLoss<Term, SizeAverage>;

  template <class Y, class X, class... Others>
  static void forward(const Operation& loss, autograd::NothingSaved*, Y& y, const X& x, const Others&... others) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    if constexpr (requires { Term::takes_probabilities; }) detail::check_probabilities(Term::name, x);
    const memory::Array<T> weights = weights_of<T, S>(loss);
    const double sum = detail::ElementTerms<Term, T>::sum(S::size, loss.weights ? weights.data() : nullptr, x.data(),
                                                          detail::ElementsAs<T, Others>(others).data()...);
    *y.data() = static_cast<T>(sum / Operation::template divisor<S>());
  }

  template <class Y, class X, class... Others>
  static void backward(const Operation& loss, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Others>&... others) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    const T scale = static_cast<T>(static_cast<double>(grad_y.item()) / Operation::template divisor<S>());
    const memory::Array<T> weights = weights_of<T, S>(loss);
    const std::tuple elements{detail::ElementsAs<T, X>(x.value), detail::ElementsAs<T, Others>(others.value)...};
    const auto pass = [&]<int Operand>(std::integral_constant<int, Operand>, const auto& input) {
      if constexpr (std::is_same_v<std::remove_pointer_t<decltype(input.grad)>, T>) {
        if (!input.grad) return;
        std::apply(
            [&](const auto&... e) {
              detail::ElementTerms<Term, T>::template gradient<Operand>(
                  S::size, scale, loss.weights ? weights.data() : nullptr, input.accumulate, input.grad, e.data()...);
            },
            elements);
      }
    };
    pass(std::integral_constant<int, 0>{}, x);
    [&]<int... I>(std::integer_sequence<int, I...>) {
      (pass(std::integral_constant<int, I + 1>{}, others), ...);
    }(std::make_integer_sequence<int, sizeof...(Others)>{});
  }

 private:
  template <class T, class S>
  static memory::Array<T> weights_of(const Operation& loss) {
    return loss.weights ? detail::expanded_weights<T, S>(Term::name, *loss.weights) : memory::Array<T>();
  }
};

template <double Margin, bool SizeAverage>
struct Kernel<operation::CosineEmbeddingLoss<Margin, SizeAverage>> {
  using Operation = operation::CosineEmbeddingLoss<Margin, SizeAverage>;

  template <class Y, class X, class Target>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& first, const X& second,
                      const Target& target) {
    double sum = 0;
    for (index_t n = 0; n < shape_of_t<X>::dims[0]; ++n)
      sum += products(n, first, second).value(target.data()[n], Margin);
    *y.data() = static_cast<typename Y::value_type>(sum / Operation::template divisor<shape_of_t<X>>());
  }

  template <class Y, class X, class Target>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& first, const autograd::Input<X>& second,
                       const autograd::Input<Target>& target) {
    target.grad_to_add();  // a label has none
    const double scale = static_cast<double>(grad_y.item()) / Operation::template divisor<shape_of_t<X>>();
    for (index_t n = 0; n < shape_of_t<X>::dims[0]; ++n) {
      const loss::CosineEmbedding p = products(n, first.value, second.value);
      const double slope = scale * p.slope(target.value.data()[n], Margin);
      pass(n, slope * p.by_other(), slope * p.by_own(p.first_squared), first, second.value);
      pass(n, slope * p.by_other(), slope * p.by_own(p.second_squared), second, first.value);
    }
  }

 private:
  template <class X>
  static loss::CosineEmbedding products(index_t row, const X& first, const X& second) {
    using T = typename X::value_type;
    constexpr index_t size = shape_of_t<X>::dims[1];
    const auto sums = micro::map_sums<T, 3>(
        size, [](const auto& a, const auto& b) TENON_ALWAYS_INLINE { return std::array{a * b, a * a, b * b}; },
        first.data() + row * size, second.data() + row * size);
    return {static_cast<double>(sums[0]), static_cast<double>(sums[1]), static_cast<double>(sums[2])};
  }
  template <class X>
  static void pass(index_t row, double by_other, double by_own, const autograd::Input<X>& own, const X& other) {
    using T = typename X::value_type;
    using V = micro::Vector<T>;
    constexpr index_t size = shape_of_t<X>::dims[1];
    if (own.grad)
      micro::map_gradient<T>(
          size, own.accumulate,
          [o = V(static_cast<T>(by_other)), s = V(static_cast<T>(by_own))](const V& a, const V& b)
              TENON_ALWAYS_INLINE { return o * b - s * a; },
          own.grad + row * size, own.value.data() + row * size, other.data() + row * size);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
