/// \file
/// Losses of classes on the device.
#pragma once

#include <cstdint>
#include <tenon/nn/class_loss.hpp>

#include "loss.hpp"
#include "softmax.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// A sum of weighted losses and the sum of their weights.
struct WeightedLoss {
  double loss = 0, weight = 0;
};
struct AddWeightedLosses {
  TENON_HOST_DEVICE WeightedLoss operator()(const WeightedLoss& a, const WeightedLoss& b) const {
    return {a.loss + b.loss, a.weight + b.weight};
  }
};

/// The loss of one sample, which picks the score of its target from a slice of scores. With `Logits` it is the
/// cross-entropy, else the negated score.
template <bool Logits, class T>
struct PickedScore {
  Axis axis;
  std::int64_t ignore_index;
  const T* x;                  // (outer, classes, inner); null for a gradient without `Logits`
  const std::int64_t* target;  // (outer, inner)
  const double* weights;       // (classes), or null
  TENON_HOST_DEVICE WeightedLoss operator()(index_t sample) const {
    const std::int64_t label = target[sample];
    if (label == ignore_index) return {};
    const T* scores = x + axis.slice(sample);
    const double weight = weights ? weights[label] : 1;
    const auto score = static_cast<double>(scores[label * axis.inner]);
    if constexpr (Logits) {
      const LogSumExp<T> all = log_sum_exp(axis.size, axis.inner, scores);
      return {weight * ((static_cast<double>(all.maximum) - score) + static_cast<double>(all.log_sum)), weight};
    } else {
      return {-weight * score, weight};
    }
  }
};

/// Adds the gradient of a PickedScore: grad_y * weight / divisor * (softmax(x) - one_hot(target)), without `Logits` the
/// same without the softmax.
template <bool Logits, class T>
struct PickedScoreGradient {
  PickedScore<Logits, T> loss;
  const T* grad_y;  // a scalar
  double divisor;
  T* grad_x;  // (outer, classes, inner)
  TENON_HOST_DEVICE void operator()(index_t sample) const {
    using elementary::exp;
    const std::int64_t label = loss.target[sample];
    if (label == loss.ignore_index) return;
    const Axis& axis = loss.axis;
    const index_t start = axis.slice(sample);
    const T scale = static_cast<T>((loss.weights ? loss.weights[label] : 1) * static_cast<double>(*grad_y) / divisor);
    if constexpr (Logits) {
      const LogSumExp<T> all = log_sum_exp(axis.size, axis.inner, loss.x + start);
      for (index_t c = 0; c < axis.size; ++c) {
        const index_t at = start + c * axis.inner;
        grad_x[at] += scale * exp(elementary::in_order(loss.x[at] - all.maximum) - all.log_sum);
      }
    }
    grad_x[start + label * axis.inner] -= scale;
  }
};

/// Whether a row of `target` (rows, length) holds a number that is neither a class nor `ignore_index`. With `lists`, -1
/// ends a row's list of classes.
struct TargetsOutside {
  std::int64_t classes, ignore_index;
  bool lists;
  index_t length;
  const std::int64_t* target;
  TENON_HOST_DEVICE bool operator()(index_t row) const { return wrong(row) < length; }
  /// Returns the position of the first wrong target of a row, `length` if there is none.
  TENON_HOST_DEVICE index_t wrong(index_t row) const {
    for (index_t i = 0; i < length; ++i) {
      const std::int64_t label = target[row * length + i];
      if (lists && label == -1) return length;
      if (label != ignore_index && (label < 0 || label >= classes)) return i;
    }
    return length;
  }
};

/// The loss of one row of scores by loss::MultiMargin, read by one thread.
template <int Power, class T>
struct MultiMarginRow {
  using Term = loss::MultiMargin<Power>;
  index_t classes;
  double margin;
  const T* x;                  // (N, classes)
  const std::int64_t* target;  // (N)
  const double* weight;        // (classes), or null
  T* grad_x;                   // (N, classes); null for forward

  TENON_HOST_DEVICE double operator()(index_t row) const {
    double sum = 0;
    for (index_t i = 0; i < classes; ++i)
      if (i != target[row]) sum += Term::value(excess(row, i));
    return sum * factor(row);
  }
  TENON_HOST_DEVICE void add_gradient(index_t row, double scale) const {
    double sum = 0;
    for (index_t i = 0; i < classes; ++i) {
      if (i == target[row]) continue;
      const double g = scale * factor(row) * Term::slope(excess(row, i));
      grad_x[row * classes + i] += static_cast<T>(g);
      sum += g;
    }
    grad_x[row * classes + target[row]] -= static_cast<T>(sum);
  }

 private:
  TENON_HOST_DEVICE double excess(index_t row, index_t i) const {
    const T* scores = x + row * classes;
    return margin - static_cast<double>(scores[target[row]]) + static_cast<double>(scores[i]);
  }
  TENON_HOST_DEVICE double factor(index_t row) const {
    return (weight ? weight[target[row]] : 1) / static_cast<double>(classes);
  }
};

namespace detail {

/// Throws tenon::Error if a target is no class, or if there are not as many class weights as classes.
template <class Operation, class Target>
void check_targets(const Operation& loss, index_t classes, std::int64_t ignore_index, bool lists, index_t rows,
                   const Target& target) {
  operation::check_class_weights(Operation::name, loss.weights, classes);
  constexpr index_t size = shape_of_t<Target>::size;
  const TargetsOutside outside{classes, ignore_index, lists, size / rows, target.data()};
  const thrust::counting_iterator<index_t> first(0);
  if (thrust::find_if(policy_with_memory(), first, first + rows, outside) == first + rows) return;
  const auto host = target.to_host();
  TargetsOutside there = outside;
  there.target = host.data();
  for (index_t row = 0; row < rows; ++row)
    if (const index_t i = there.wrong(row); i < there.length)
      operation::raise_wrong_target(Operation::name, row * there.length + i, host.data()[row * there.length + i],
                                    classes);
}

/// Returns the class weights in device memory; empty if there are none.
inline Array<double> class_weights(const operation::LossWeightsPointer& weights) {
  if (!weights) return {};
  const auto count = static_cast<index_t>(weights->values.size());
  Array<double> result(count);
  device::from_host(weights->values.data(), count, result.data());
  return result;
}

/// The kernel of losses that pick the score of each target.
template <class Operation, bool Logits>
struct Picking {
  struct Saved {
    double divisor = 1;
  };

  template <class Y, class X, class Target>
  static void forward(const Operation& loss, Saved* saved, Y& y, const X& x, const Target& target) {
    constexpr index_t samples = shape_of_t<Target>::size;
    check_targets(loss, shape_of_t<X>::dims[1], Operation::ignore_index, false, samples, target);
    const Array<double> weights = class_weights(loss.weights);
    const thrust::counting_iterator<index_t> first(0);
    const WeightedLoss sum = thrust::transform_reduce(policy_with_memory(), first, first + samples,
                                                      sample(x.data(), target.data(), weights.data(), shape_of_t<X>{}),
                                                      WeightedLoss{}, AddWeightedLosses{});
    const double divisor = Operation::size_average ? sum.weight : 1;
    y.fill(static_cast<typename Y::value_type>(sum.loss / divisor));
    if (saved) saved->divisor = divisor;
  }

  template <class Y, class X, class Target>
  static void backward(const Operation& loss, const Saved& saved, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Target>& target) {
    using T = typename X::value_type;
    if (!x.grad) return;
    const Array<double> weights = class_weights(loss.weights);
    launch(shape_of_t<Target>::size,
           PickedScoreGradient<Logits, T>{
               sample(Logits ? x.value.data() : nullptr, target.value.data(), weights.data(), shape_of_t<X>{}),
               grad_y.data(), saved.divisor, x.grad_to_add()});
  }

 private:
  /// Returns the losses of the samples of `x`, of shape `S`; pointers are as in PickedScore.
  template <class T, class S>
  static PickedScore<Logits, T> sample(const T* x, const std::int64_t* target, const double* weights, S) {
    return {Axis(S::dims, 1), Operation::ignore_index, x, target, weights};
  }
};

/// Returns the rows of the loss of `x` (N, classes) and `target` (N) with `weights` (classes), which may be null;
/// `grad_x` (N, classes) is null for forward.
template <class T, int Power, double Margin, bool SizeAverage>
MultiMarginRow<Power, T> row_of(const operation::MultiMarginLoss<Power, Margin, SizeAverage>&, index_t classes,
                                const T* x, const std::int64_t* target, const double* weights, T* grad_x) {
  return {classes, Margin, x, target, weights, grad_x};
}
/// Returns the rows of the loss of `x` (N, classes) and `target` (N, classes); `grad_x` (N, classes) is null for
/// forward.
template <class T, bool SizeAverage>
loss::MultiLabelMarginRow<T> row_of(const operation::MultiLabelMarginLoss<SizeAverage>&, index_t classes, const T* x,
                                    const std::int64_t* target, const double*, T* grad_x) {
  return {classes, x, target, grad_x};
}

/// The kernel of losses that are a sum over rows of scores.
template <class Operation>
struct RowLoss {
  template <class Y, class X, class Target>
  static void forward(const Operation& loss, autograd::NothingSaved*, Y& y, const X& x, const Target& target) {
    using S = shape_of_t<X>;
    constexpr std::int64_t nothing_ignored = 0;  // a class, and so never wrong
    check_targets(loss, S::dims[1], nothing_ignored, Operation::lists_of_classes, S::dims[0], target);
    const Array<double> weights = class_weights(loss.weights);
    const auto row = row_of<typename X::value_type>(loss, S::dims[1], x.data(), target.data(), weights.data(), nullptr);
    y.fill(static_cast<typename Y::value_type>(sum(S::dims[0], row) / Operation::template divisor<S>()));
  }
  template <class Y, class X, class Target>
  static void backward(const Operation& loss, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Target>& target) {
    using S = shape_of_t<X>;
    if (!x.grad) return;
    const Array<double> weights = class_weights(loss.weights);
    const auto row = row_of<typename X::value_type>(loss, S::dims[1], x.value.data(), target.value.data(),
                                                    weights.data(), x.grad_to_add());
    add_row_gradients(S::dims[0], row, grad_y.data(), Operation::template divisor<S>());
  }
};

}  // namespace detail

template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>>
    : detail::Picking<operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>, true> {};
template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::NLLLoss<SizeAverage, IgnoreIndex>>
    : detail::Picking<operation::NLLLoss<SizeAverage, IgnoreIndex>, false> {};
template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::NLLLoss2d<SizeAverage, IgnoreIndex>>
    : detail::Picking<operation::NLLLoss2d<SizeAverage, IgnoreIndex>, false> {};

template <int Power, double Margin, bool SizeAverage>
struct Kernel<operation::MultiMarginLoss<Power, Margin, SizeAverage>>
    : detail::RowLoss<operation::MultiMarginLoss<Power, Margin, SizeAverage>> {};
template <bool SizeAverage>
struct Kernel<operation::MultiLabelMarginLoss<SizeAverage>>
    : detail::RowLoss<operation::MultiLabelMarginLoss<SizeAverage>> {};

}  // namespace tenon::inline TENON_ISA::cuda
