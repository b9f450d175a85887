/// \file
/// Losses of classes on the CPU.
#pragma once

#include "../nn/class_loss.hpp"
#include "loss.hpp"
#include "micro/softmax.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {

/// The base of losses that pick the score of each target.
template <class Operation>
struct Picking {
  /// Calls f(sample, position of its target's score in x) for each target that is not ignored.
  template <class X, class Target, class F>
  static void for_each_sample(const Target& target, F&& f) {
    constexpr auto axis = micro::axis_view(shape_of_t<X>::dims, 1);
    std::size_t sample = 0;
    for (index_t o = 0; o < axis.outer; ++o)
      for (index_t i = 0; i < axis.inner; ++i, ++sample)
        if (const std::int64_t label = target.data()[sample]; label != Operation::ignore_index)
          f(sample, (o * axis.size + static_cast<index_t>(label)) * axis.inner + i);
  }

  static double weight_of(const Operation& loss, std::int64_t label) {
    return loss.weights ? loss.weights->values[static_cast<std::size_t>(label)] : 1.0;
  }

  template <class Target>
  static void check_target(const Operation& loss, index_t classes, const Target& target) {
    operation::check_class_weights(Operation::name, loss.weights, classes);
    for (std::size_t i = 0; i < Target::size(); ++i)
      if (const std::int64_t label = target.data()[i];
          label != Operation::ignore_index && (label < 0 || label >= classes))
        operation::raise_wrong_target(Operation::name, static_cast<index_t>(i), label, classes);
  }
};

/// The kernel of losses that add up picked log-probabilities, negated.
template <class Operation>
struct NegativeLogLikelihood : Picking<Operation> {
  struct Saved {
    double divisor = 1;
  };

  template <class Y, class X, class Target>
  static void forward(const Operation& loss, Saved* saved, Y& y, const X& x, const Target& target) {
    NegativeLogLikelihood::check_target(loss, shape_of_t<X>::dims[1], target);
    double sum = 0, weights = 0;
    NegativeLogLikelihood::template for_each_sample<X>(target, [&](std::size_t sample, index_t at) {
      const double weight = NegativeLogLikelihood::weight_of(loss, target.data()[sample]);
      sum -= weight * static_cast<double>(x.data()[at]);
      weights += weight;
    });
    const double divisor = Operation::size_average ? weights : 1;
    *y.data() = static_cast<typename Y::value_type>(sum / divisor);
    if (saved) saved->divisor = divisor;
  }

  template <class Y, class X, class Target>
  static void backward(const Operation& loss, const Saved& saved, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Target>& target) {
    using T = typename X::value_type;
    T* grad = x.grad_to_add();
    if (!grad) return;
    const double scale = static_cast<double>(grad_y.item()) / saved.divisor;
    NegativeLogLikelihood::template for_each_sample<X>(target.value, [&](std::size_t sample, index_t at) {
      grad[at] -= static_cast<T>(scale * NegativeLogLikelihood::weight_of(loss, target.value.data()[sample]));
    });
  }
};

/// The loss of one row of scores by loss::MultiMargin, whole vectors of classes at once.
template <int Power, class T>
struct MultiMarginRow {
  using V = micro::Vector<T>;
  using Term = loss::MultiMargin<Power>;
  index_t classes;
  double margin;
  const T* x;                  // (N, classes)
  const std::int64_t* target;  // (N)
  const double* weight;        // (classes), or null
  T* grad_x;                   // (N, classes); null for forward

  double operator()(index_t row) const {
    return factor(row) * sum(row, [](const V& excess) TENON_ALWAYS_INLINE { return Term::value(excess); });
  }
  void add_gradient(index_t row, double scale) const {
    const T each = static_cast<T>(scale * factor(row));
    for_each_part(row, [&](const T* scores, index_t size, const V& lead) {
      micro::map_gradient<T>(
          size, true, [&](const V& v) TENON_ALWAYS_INLINE { return V(each) * Term::slope(v + lead); },
          grad_x + (scores - x), scores);
    });
    grad_x[row * classes + target[row]] -=
        each * static_cast<T>(sum(row, [](const V& excess) TENON_ALWAYS_INLINE { return Term::slope(excess); }));
  }

 private:
  double factor(index_t row) const { return (weight ? weight[target[row]] : 1) / static_cast<double>(classes); }
  /// Calls f(scores, size, margin - score of the target) for the classes before the target and those after it.
  template <class F>
  void for_each_part(index_t row, F&& f) const {
    const T* scores = x + row * classes;
    const index_t label = target[row];
    const V lead(static_cast<T>(margin) - scores[label]);
    f(scores, label, lead);
    f(scores + label + 1, classes - label - 1, lead);
  }
  template <class F>
  double sum(index_t row, F f) const {
    double result = 0;
    for_each_part(row, [&](const T* scores, index_t size, const V& lead) {
      const auto value = [&](const V& v) TENON_ALWAYS_INLINE { return f(v + lead); };
      result += static_cast<double>(micro::map_sum<T>(size, value, scores));
    });
    return result;
  }
};

/// Returns the rows of the loss of `x` (N, classes) and `target` (N); `grad_x` (N, classes) is null for forward.
template <class T, int Power, double Margin, bool SizeAverage>
MultiMarginRow<Power, T> row_of(const operation::MultiMarginLoss<Power, Margin, SizeAverage>& loss, index_t classes,
                                const T* x, const std::int64_t* target, T* grad_x) {
  return {classes, Margin, x, target, loss.weights ? loss.weights->values.data() : nullptr, grad_x};
}
/// Returns the rows of the loss of `x` (N, classes) and `target` (N, classes); `grad_x` (N, classes) is null for
/// forward.
template <class T, bool SizeAverage>
loss::MultiLabelMarginRow<T> row_of(const operation::MultiLabelMarginLoss<SizeAverage>&, index_t classes, const T* x,
                                    const std::int64_t* target, T* grad_x) {
  return {classes, x, target, grad_x};
}

/// The kernel of losses that are a sum over rows of scores.
template <class Operation>
struct RowLoss {
  template <class Y, class X, class Target>
  static void forward(const Operation& loss, autograd::NothingSaved*, Y& y, const X& x, const Target& target) {
    using S = shape_of_t<X>;
    operation::check_class_weights(Operation::name, loss.weights, S::dims[1]);
    check_targets<S>(target);
    const auto row = row_of<typename X::value_type>(loss, S::dims[1], x.data(), target.data(), nullptr);
    double sum = 0;
    for (index_t n = 0; n < S::dims[0]; ++n) sum += row(n);
    *y.data() = static_cast<typename Y::value_type>(sum / Operation::template divisor<S>());
  }

  template <class Y, class X, class Target>
  static void backward(const Operation& loss, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Target>& target) {
    using S = shape_of_t<X>;
    if (!x.grad) return;
    const auto row =
        row_of<typename X::value_type>(loss, S::dims[1], x.value.data(), target.value.data(), x.grad_to_add());
    const double scale = static_cast<double>(grad_y.item()) / Operation::template divisor<S>();
    for (index_t n = 0; n < S::dims[0]; ++n) row.add_gradient(n, scale);
  }

 private:
  template <class S, class Target>
  static void check_targets(const Target& target) {
    constexpr index_t classes = S::dims[1], length = shape_of_t<Target>::size / S::dims[0];
    for (index_t n = 0; n < S::dims[0]; ++n)
      for (index_t i = n * length; i < (n + 1) * length; ++i) {
        const std::int64_t label = target.data()[i];
        if (Operation::lists_of_classes && label == -1) break;
        if (label < 0 || label >= classes) operation::raise_wrong_target(Operation::name, i, label, classes);
      }
  }
};

}  // namespace detail

template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>>
    : detail::Picking<operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>> {
  using Picking = detail::Picking<operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>>;
  using Picking::check_target, Picking::weight_of;
  using Operation = operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>;
  struct Saved {
    memory::Array<double> maximum, log_sum;  // for each sample: log(sum(exp(x))) = maximum + log_sum
    double divisor = 1;
  };

  template <class Y, class X, class Target>
  static void forward(const Operation& loss, Saved* saved, Y& y, const X& x, const Target& target) {
    using T = typename X::value_type;
    constexpr auto axis = micro::axis_view(shape_of_t<X>::dims, 1);
    check_target(loss, axis.size, target);
    memory::Array<T> maximum(Target::size()), log_sum(Target::size());
    micro::log_sum_exp<T>(axis, x.data(), maximum.data(), log_sum.data());
    double sum = 0, weights = 0;
    Picking::template for_each_sample<X>(target, [&](std::size_t sample, index_t at) {
      const double weight = weight_of(loss, target.data()[sample]);
      const double below_maximum = static_cast<double>(maximum[sample]) - static_cast<double>(x.data()[at]);
      sum += weight * (below_maximum + static_cast<double>(log_sum[sample]));
      weights += weight;
    });
    const double divisor = SizeAverage ? weights : 1;
    *y.data() = static_cast<T>(sum / divisor);
    if (saved) {
      saved->maximum = memory::Array<double>(Target::size());
      saved->log_sum = memory::Array<double>(Target::size());
      std::copy_n(maximum.data(), Target::size(), saved->maximum.data());
      std::copy_n(log_sum.data(), Target::size(), saved->log_sum.data());
      saved->divisor = divisor;
    }
  }

  /// Computes grad_x = grad_y * weight / divisor * (softmax(x) - one_hot(target)).
  template <class Y, class X, class Target>
  static void backward(const Operation& loss, const Saved& saved, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Target>& target) {
    using T = typename X::value_type;
    using V = micro::Vector<T>;
    if (!x.grad) return;
    constexpr auto axis = micro::axis_view(shape_of_t<X>::dims, 1);
    memory::Array<T> scale(Target::size()), maximum(Target::size()), scale_by_sum(Target::size());
    for (std::size_t sample = 0; sample < Target::size(); ++sample) {
      const std::int64_t label = target.value.data()[sample];
      scale[sample] =
          label == IgnoreIndex ? T(0) : static_cast<T>(weight_of(loss, label) / saved.divisor) * grad_y.item();
      maximum[sample] = static_cast<T>(saved.maximum[sample]);
      scale_by_sum[sample] = static_cast<T>(saved.log_sum[sample]);
    }
    micro::map<T>(
        static_cast<index_t>(Target::size()),
        [](const V& log_sum, const V& s) TENON_ALWAYS_INLINE { return s * elementary::exp(-log_sum); },
        scale_by_sum.data(), static_cast<const T*>(scale_by_sum.data()), static_cast<const T*>(scale.data()));
    const auto gradient = [](const V& v, const V& s, const V& m)
                              TENON_ALWAYS_INLINE { return s * elementary::exp(v - m); };
    for (index_t o = 0; o < axis.outer; ++o) {
      const index_t slice = o * axis.size * axis.inner;
      if constexpr (axis.inner == 1) {
        const V s(scale_by_sum[static_cast<std::size_t>(o)]), m(maximum[static_cast<std::size_t>(o)]);
        micro::map_gradient<T>(
            axis.size, x.accumulate, [=](const V& v) TENON_ALWAYS_INLINE { return gradient(v, s, m); }, x.grad + slice,
            x.value.data() + slice);
      } else {
        for (index_t c = 0; c < axis.size; ++c)
          micro::map_gradient<T>(axis.inner, x.accumulate, gradient, x.grad + slice + c * axis.inner,
                                 x.value.data() + slice + c * axis.inner, scale_by_sum.data() + o * axis.inner,
                                 maximum.data() + o * axis.inner);
      }
    }
    Picking::template for_each_sample<X>(target.value,
                                         [&](std::size_t sample, index_t at) { x.grad[at] -= scale[sample]; });
  }
};

template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::NLLLoss<SizeAverage, IgnoreIndex>>
    : detail::NegativeLogLikelihood<operation::NLLLoss<SizeAverage, IgnoreIndex>> {};
template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::NLLLoss2d<SizeAverage, IgnoreIndex>>
    : detail::NegativeLogLikelihood<operation::NLLLoss2d<SizeAverage, IgnoreIndex>> {};

template <int Power, double Margin, bool SizeAverage>
struct Kernel<operation::MultiMarginLoss<Power, Margin, SizeAverage>>
    : detail::RowLoss<operation::MultiMarginLoss<Power, Margin, SizeAverage>> {};
template <bool SizeAverage>
struct Kernel<operation::MultiLabelMarginLoss<SizeAverage>>
    : detail::RowLoss<operation::MultiLabelMarginLoss<SizeAverage>> {};

}  // namespace tenon::inline TENON_ISA::cpu
