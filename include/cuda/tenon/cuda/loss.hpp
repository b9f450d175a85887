/// \file
/// Losses of elements and of rows on the device: the terms of core/loss.hpp, summed up.
#pragma once

#include <thrust/find.h>
#include <thrust/tuple.h>

#include <string>
#include <tenon/cpu/loss.hpp>
#include <tenon/nn/loss.hpp>
#include <utility>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Term of the elements at i, weighed.
template <class Term, class T, class... X>
struct ElementTerm {
  const T* weights;  // may be null
  thrust::tuple<const X*...> x;
  TENON_HOST_DEVICE double operator()(index_t i) const { return at(i, std::index_sequence_for<X...>{}); }

 private:
  template <std::size_t... I>
  TENON_HOST_DEVICE double at(index_t i, std::index_sequence<I...>) const {
    const T term = Term{}(static_cast<T>(thrust::get<I>(x)[i])...);
    return static_cast<double>(weights ? weights[i] * term : term);
  }
};

/// Its gradient with respect to operand `Operand`.
template <class Term, int Operand, class T, class... X>
struct ElementTermGradient {
  const T* weights;  // may be null
  thrust::tuple<const X*...> x;
  const T* grad_y;
  double divisor;
  bool accumulate;
  T* grad;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const T g = at(i, std::index_sequence_for<X...>{});
    grad[i] = accumulate ? grad[i] + g : g;
  }

 private:
  template <std::size_t... I>
  TENON_HOST_DEVICE T at(index_t i, std::index_sequence<I...>) const {
    const T scale = static_cast<T>(static_cast<double>(*grad_y) / divisor) * (weights ? weights[i] : T(1));
    return scale * Term{}.template gradient<Operand>(static_cast<T>(thrust::get<I>(x)[i])...);
  }
};

struct OutsideProbabilities {
  template <class T>
  TENON_HOST_DEVICE bool operator()(const T& p) const {
    return !(p >= T(0) && p <= T(1));
  }
};

namespace detail {
/// The weights of a loss, one for each element, on the device; empty without.
template <class T, class S>
Array<T> expanded_weights(std::string_view loss, const operation::LossWeightsPointer& weights) {
  if (!weights) return {};
  const auto host = cpu::detail::expanded_weights<T, S>(loss, *weights);
  Array<T> expanded(S::size);
  copy_to_device(host.data(), S::size, expanded.data());
  return expanded;
}
}  // namespace detail

template <class Term, bool SizeAverage>
struct Kernel<operation::ElementLoss<Term, SizeAverage>> {
  using Operation = operation::ElementLoss<Term, SizeAverage>;

  template <class Y, class X, class... Others>
  static void forward(const Operation& loss, autograd::NothingSaved*, Y& y, const X& x, const Others&... others) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    if constexpr (requires { Term::takes_probabilities; }) check_probabilities<S>(x.data());
    const Array<T> weights = detail::expanded_weights<T, S>(Term::name, loss.weights);
    const double total = sum(
        S::size, ElementTerm<Term, T, T, typename Others::value_type...>{weights.data(), {x.data(), others.data()...}});
    y.fill(static_cast<T>(total / Operation::template divisor<S>()));
  }

  template <class Y, class X, class... Others>
  static void backward(const Operation& loss, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Others>&... others) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    const Array<T> weights = detail::expanded_weights<T, S>(Term::name, loss.weights);
    const auto pass = [&]<int Operand>(std::integral_constant<int, Operand>, const auto& input) {
      if constexpr (std::is_same_v<std::remove_pointer_t<decltype(input.grad)>, T>) {
        if (!input.grad) return;
        launch(S::size, ElementTermGradient<Term, Operand, T, T, typename Others::value_type...>{
                            weights.data(),
                            {x.value.data(), others.value.data()...},
                            grad_y.data(),
                            Operation::template divisor<S>(),
                            input.accumulate,
                            input.grad});
      }
    };
    pass(std::integral_constant<int, 0>{}, x);
    [&]<int... I>(std::integer_sequence<int, I...>) {
      (pass(std::integral_constant<int, I + 1>{}, others), ...);
    }(std::make_integer_sequence<int, sizeof...(Others)>{});
  }

 private:
  template <class S, class T>
  static void check_probabilities(const T* x) {
    const T* wrong = thrust::find_if(detail::policy_with_memory(), x, x + S::size, OutsideProbabilities{});
    if (wrong == x + S::size) return;
    T found = 0;
    copy_to_host(wrong, 1, &found);
    operation::raise_wrong_probability(Term::name, wrong - x, static_cast<double>(found));
  }
};

/// The gradient of the row term `Row`, with what it is scaled by in device memory.
template <class Row, class T>
struct RowGradient {
  Row row;
  const T* grad_y;
  double divisor;
  TENON_HOST_DEVICE void operator()(index_t n) const { row.add_gradient(n, static_cast<double>(*grad_y) / divisor); }
};
template <class Row, class T>
void add_row_gradients(index_t rows, const Row& row, const T* grad_y, double divisor) {
  launch(rows, RowGradient<Row, T>{row, grad_y, divisor});
}

/// loss::CosineEmbedding of the rows of two tensors, each row read by one thread.
template <class T, class Label>
struct CosineEmbeddingRow {
  index_t size;
  double margin;
  const T *first, *second;
  const Label* target;
  T *grad_first, *grad_second;

  TENON_HOST_DEVICE double operator()(index_t row) const { return products(row).value(target[row], margin); }
  TENON_HOST_DEVICE void add_gradient(index_t row, double scale) const {
    const loss::CosineEmbedding p = products(row);
    const double slope = scale * p.slope(target[row], margin);
    for (index_t i = row * size; i < (row + 1) * size; ++i) {
      const auto a = static_cast<double>(first[i]), b = static_cast<double>(second[i]);
      if (grad_first) grad_first[i] += static_cast<T>(slope * (p.by_other() * b - p.by_own(p.first_squared) * a));
      if (grad_second) grad_second[i] += static_cast<T>(slope * (p.by_other() * a - p.by_own(p.second_squared) * b));
    }
  }

 private:
  TENON_HOST_DEVICE loss::CosineEmbedding products(index_t row) const {
    double both = 0, first_squared = 0, second_squared = 0;
    for (index_t i = row * size; i < (row + 1) * size; ++i) {
      const auto a = static_cast<double>(first[i]), b = static_cast<double>(second[i]);
      both += a * b;
      first_squared += a * a;
      second_squared += b * b;
    }
    return {both, first_squared, second_squared};
  }
};

template <double Margin, bool SizeAverage>
struct Kernel<operation::CosineEmbeddingLoss<Margin, SizeAverage>> {
  using Operation = operation::CosineEmbeddingLoss<Margin, SizeAverage>;

  template <class Y, class X, class Target>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& first, const X& second,
                      const Target& target) {
    using S = shape_of_t<X>;
    const CosineEmbeddingRow<typename X::value_type, typename Target::value_type> row{
        S::dims[1], Margin, first.data(), second.data(), target.data(), nullptr, nullptr};
    y.fill(static_cast<typename Y::value_type>(sum(S::dims[0], row) / Operation::template divisor<S>()));
  }
  template <class Y, class X, class Target>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& first, const autograd::Input<X>& second,
                       const autograd::Input<Target>& target) {
    using S = shape_of_t<X>;
    using T = typename X::value_type;
    T *const grad_first = first.grad_to_add(), *const grad_second = second.grad_to_add();
    const CosineEmbeddingRow<T, typename Target::value_type> row{
        S::dims[1], Margin, first.value.data(), second.value.data(), target.value.data(), grad_first, grad_second};
    target.grad_to_add();  // a label has none
    add_row_gradients(S::dims[0], row, grad_y.data(), Operation::template divisor<S>());
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
