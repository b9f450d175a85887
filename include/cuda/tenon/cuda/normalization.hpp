/// \file
/// Normalization on the device. In all functors `x`, `y` and `grad_y` are whole tensors, of `grouping.size()` elements;
/// `mean` and `variance` are (groups), `weight` and `bias` (channels).
#pragma once

#include <tenon/core/normalization.hpp>
#include <tenon/nn/group_norm.hpp>
#include <tenon/nn/normalization.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Returns the number of elements of a group that one thread sums up: those of one channel in one sample, or those of a
/// row whose elements are channels.
TENON_HOST_DEVICE constexpr index_t part_size(const Grouping& grouping) {
  return grouping.inner > 1 ? grouping.inner : grouping.stretch;
}

/// Sums the distances of one part's elements to the first element of the group, or the squares of their distances to
/// the group's mean, for `sum` (parts).
template <class T>
struct PartSum {
  Grouping grouping;
  const T* x;
  const double* mean;  // null for distances to the first element
  double* sum;
  TENON_HOST_DEVICE void operator()(index_t part) const {
    const index_t size = part_size(grouping), first = part * size;
    const index_t group = grouping.group_of(first);
    const double center = mean ? mean[group] : static_cast<double>(x[group * grouping.stretch]);
    double total = 0;
    for (index_t i = first; i < first + size; ++i) {
      const double distance = static_cast<double>(x[i]) - center;
      total += mean ? distance * distance : distance;
    }
    sum[part] = total;
  }
};

/// Computes the mean of one group from `sum` (parts), plus the group's first element where `x` is not null, and moves
/// `running` (groups) towards it, which may be null. `mean` may be the variance.
template <class T>
struct GroupMean {
  Grouping grouping;
  double divisor;  // group_size, or one less for the running variance
  double momentum;
  const T* x;
  const double* sum;
  double* mean;
  T* running;
  TENON_HOST_DEVICE void operator()(index_t group) const {
    const index_t size = part_size(grouping);
    double total = 0;
    for (index_t first = group * grouping.stretch; first < grouping.size(); first += grouping.distance())
      for (index_t part = first / size; part < (first + grouping.stretch) / size; ++part) total += sum[part];
    const double start = x ? static_cast<double>(x[group * grouping.stretch]) : 0;
    mean[group] = start + total / static_cast<double>(grouping.group_size());
    if (running) running[group] = moved_average(running[group], momentum, start + total / divisor);
  }
};

/// Computes `mean` and biased `variance` of each group of `x`, and moves `running_mean` and `running_var` (groups),
/// which may be null, towards the mean and the unbiased variance. `sums` is a workspace (parts). Two passes are summed
/// in double, so that large means do not cancel. Elements that are all equal have the variance 0.
template <class T>
void moments(const Grouping& grouping, const T* x, double* sums, double* mean, double* variance, double momentum = 0,
             T* running_mean = nullptr, T* running_var = nullptr) {
  const index_t parts = grouping.size() / part_size(grouping);
  const auto count = static_cast<double>(grouping.group_size());
  launch(parts, PartSum<T>{grouping, x, nullptr, sums});
  launch(grouping.groups, GroupMean<T>{grouping, count, momentum, x, sums, mean, running_mean});
  launch(parts, PartSum<T>{grouping, x, mean, sums});
  launch(grouping.groups, GroupMean<T>{grouping, count - 1, momentum, nullptr, sums, variance, running_var});
}

/// Computes y = function((x - mean) / sqrt(variance + eps) * weight + bias); `weight` and `bias` may be null, `y` may
/// be `x`.
template <class T, class Function = pointwise::Identity>
struct Normalize {
  Grouping grouping;
  double eps;
  const double *mean, *variance;
  const T *weight, *bias, *x;
  T* y;
  Function function;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t group = grouping.group_of(i), channel = grouping.channel_of(i);
    const T inverse = inverse_deviation<T>(variance[group], eps);
    const T scale = weight ? weight[channel] * inverse : inverse;
    // The mean is not rounded before it is subtracted.
    const T distance = static_cast<T>(static_cast<double>(x[i]) - mean[group]);
    y[i] = function(distance * scale + (bias ? bias[channel] : T(0)));
  }
};

/// Sums grad_y, and grad_y * n with n = (x - mean) / sqrt(variance + eps), over one plane, the elements of one channel
/// in one sample: `sum` and `product` (planes).
template <class T>
struct PlaneGradientSums {
  Grouping grouping;
  double eps;
  const double *mean, *variance;
  const T *x, *grad_y;
  double *sum, *product;
  TENON_HOST_DEVICE void operator()(index_t plane) const {
    const index_t first = plane * grouping.inner, group = grouping.group_of(first);
    double s = 0, p = 0;
    for (index_t i = first; i < first + grouping.inner; ++i) {
      s += static_cast<double>(grad_y[i]);
      p += static_cast<double>(grad_y[i]) * (static_cast<double>(x[i]) - mean[group]);
    }
    sum[plane] = s;
    product[plane] = p * inverse_deviation(variance[group], eps);
  }
};

/// Adds the sums over one channel's planes, `sum` and `product` (planes), to `grad_bias` and `grad_weight` (channels),
/// which may be null.
template <class T>
struct ChannelGradients {
  index_t channels, planes;  // planes: of all channels
  const double *sum, *product;
  T *grad_weight, *grad_bias;
  TENON_HOST_DEVICE void operator()(index_t c) const {
    double s = 0, p = 0;
    for (index_t plane = c; plane < planes; plane += channels) {
      s += sum[plane];
      p += product[plane];
    }
    if (grad_weight) grad_weight[c] += static_cast<T>(p);
    if (grad_bias) grad_bias[c] += static_cast<T>(s);
  }
};

/// Computes the means over one group of weight * grad_y and of weight * grad_y * n, `mean_sum` and `mean_product`
/// (groups), from `sum` and `product` (planes); `weight` may be null.
template <class T>
struct GroupGradientMeans {
  Grouping grouping;
  const T* weight;
  const double *sum, *product;
  double *mean_sum, *mean_product;
  TENON_HOST_DEVICE void operator()(index_t group) const {
    double s = 0, p = 0;
    for (index_t first = group * grouping.stretch; first < grouping.size(); first += grouping.distance())
      for (index_t i = first; i < first + grouping.stretch; i += grouping.inner) {
        const double w = weight ? static_cast<double>(weight[grouping.channel_of(i)]) : 1;
        s += w * sum[i / grouping.inner];
        p += w * product[i / grouping.inner];
      }
    mean_sum[group] = s / static_cast<double>(grouping.group_size());
    mean_product[group] = p / static_cast<double>(grouping.group_size());
  }
};

/// Returns an element of grad_x = (weight * grad_y - mean_sum - n * mean_product) / sqrt(variance + eps); `weight` may
/// be null. `mean_sum` and `mean_product` (groups) are null, for zero, where mean and variance are fixed.
template <class T>
struct NormalizeGradient {
  Grouping grouping;
  double eps;
  const double *mean, *variance;
  const T *weight, *x, *grad_y;
  const double *mean_sum, *mean_product;
  TENON_HOST_DEVICE T operator()(index_t i) const {
    const index_t group = grouping.group_of(i);
    const double inverse = inverse_deviation(variance[group], eps);
    double g = static_cast<double>(grad_y[i]);
    if (weight) g *= static_cast<double>(weight[grouping.channel_of(i)]);
    if (mean_sum) {
      const double n = (static_cast<double>(x[i]) - mean[group]) * inverse;
      g -= mean_sum[group] + n * mean_product[group];
    }
    return static_cast<T>(g * inverse);
  }
};

/// The mean and the variance of each group.
struct Statistics {
  Array<double> mean, variance;

  explicit Statistics(index_t groups = 0) : mean(groups), variance(groups) {}
};

/// Computes y from x and the statistics of its groups, as Normalize does.
template <class X, class W, class B>
void normalize(const Grouping& grouping, double eps, const Statistics& statistics, X& y, const X& x, const W& weight,
               const B& bias) {
  using T = typename X::value_type;
  launch(grouping.size(), Normalize<T>{grouping,
                                       eps,
                                       statistics.mean.data(),
                                       statistics.variance.data(),
                                       elements_or_null(weight),
                                       elements_or_null(bias),
                                       x.data(),
                                       y.data(),
                                       {}});
}

/// Computes the gradients of `normalize`. Statistics that are `fixed` do not depend on x.
template <class X, class W, class B>
void normalize_gradient(const Grouping& grouping, bool fixed, double eps, const Statistics& statistics, const X& grad_y,
                        const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
  using T = typename X::value_type;
  const double *mean = statistics.mean.data(), *variance = statistics.variance.data();
  const index_t planes = grouping.size() / grouping.inner;
  Array<double> sums(planes), products(planes);
  launch(planes, PlaneGradientSums<T>{grouping, eps, mean, variance, x.value.data(), grad_y.data(), sums.data(),
                                      products.data()});
  const T* w = elements_or_null(weight.value);
  if (w)
    launch(grouping.channels, ChannelGradients<T>{grouping.channels, planes, sums.data(), products.data(),
                                                  weight.grad_to_add(), bias.grad_to_add()});
  if (!x.grad) return;
  Array<double> mean_sums(fixed ? 0 : grouping.groups), mean_products(fixed ? 0 : grouping.groups);
  if (!fixed)
    launch(grouping.groups,
           GroupGradientMeans<T>{grouping, w, sums.data(), products.data(), mean_sums.data(), mean_products.data()});
  tabulate_gradient(x, NormalizeGradient<T>{grouping, eps, mean, variance, w, x.value.data(), grad_y.data(),
                                            mean_sums.data(), mean_products.data()});
}

template <int Rank, index_t Channels, double Eps, double Momentum, class Running>
struct Kernel<operation::BatchNorm<Rank, Channels, Eps, Momentum, Running>> {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Running>;
  using Saved = Statistics;

  template <class X, class W, class B>
  static void forward(const Operation& norm, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    constexpr Grouping grouping = Operation::grouping(shape_of_t<X>{});
    Statistics statistics(Channels);
    double *mean = statistics.mean.data(), *variance = statistics.variance.data();
    if (norm.training) {
      if constexpr (grouping.group_size() == 1) operation::raise_one_value(Operation::name);
      Array<double> sums(grouping.size() / part_size(grouping));
      moments(grouping, x.data(), sums.data(), mean, variance, Momentum, norm.running_mean->data(),
              norm.running_var->data());
    } else {
      thrust::copy_n(detail::policy(), std::as_const(*norm.running_mean).data(), Channels, mean);
      thrust::copy_n(detail::policy(), std::as_const(*norm.running_var).data(), Channels, variance);
    }
    normalize(grouping, Eps, statistics, y, x, weight, bias);
    if (saved) *saved = std::move(statistics);
  }

  template <class X, class W, class B>
  static void backward(const Operation& norm, const Saved& saved, const X&, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    normalize_gradient(Operation::grouping(shape_of_t<X>{}), !norm.training, Eps, saved, grad_y, x, weight, bias);
  }
};

template <class Operation>
  requires operation::NormalizesSamples<Operation>
struct Kernel<Operation> {
  using Saved = Statistics;

  template <class X, class W, class B>
  static void forward(const Operation&, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    constexpr Grouping grouping = Operation::sample_grouping(shape_of_t<X>{});
    Statistics statistics(grouping.groups);
    Array<double> sums(grouping.size() / part_size(grouping));
    moments(grouping, x.data(), sums.data(), statistics.mean.data(), statistics.variance.data());
    normalize(grouping, Operation::eps, statistics, y, x, weight, bias);
    if (saved) *saved = std::move(statistics);
  }

  template <class X, class W, class B>
  static void backward(const Operation&, const Saved& saved, const X&, const X& grad_y, const autograd::Input<X>& x,
                       const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    constexpr Grouping grouping = Operation::sample_grouping(shape_of_t<X>{});
    normalize_gradient(grouping, false, Operation::eps, saved, grad_y, x, weight, bias);
  }
};

/// Moves the running statistics of one channel, `running_mean` and `running_var` (channels), towards the averages over
/// the samples of `mean` and unbiased variance; `mean` and `variance`, biased, are (samples, channels), of `count`
/// elements each.
template <class T>
struct MoveToSampleMeans {
  index_t samples, channels, count;
  double momentum;
  const double *mean, *variance;
  T *running_mean, *running_var;
  TENON_HOST_DEVICE void operator()(index_t c) const {
    double m = 0, v = 0;
    for (index_t i = c; i < samples * channels; i += channels) {
      m += mean[i];
      v += variance[i];
    }
    const auto n = static_cast<double>(samples);
    v *= static_cast<double>(count) / static_cast<double>(count - 1);
    running_mean[c] = moved_average(running_mean[c], momentum, m / n);
    running_var[c] = moved_average(running_var[c], momentum, v / n);
  }
};

template <int Rank, index_t Channels, double Eps, double Momentum, class Running>
struct Kernel<operation::TrackingInstanceNorm<Rank, Channels, Eps, Momentum, Running>> {
  using Operation = operation::TrackingInstanceNorm<Rank, Channels, Eps, Momentum, Running>;
  using OfSamples = Kernel<typename Operation::of_samples>;
  using OfChannels = Kernel<typename Operation::of_channels>;
  using Saved = Statistics;  // of the groups of the mode

  template <class X, class W, class B>
  static void forward(const Operation& norm, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    if (!norm.training) return OfChannels::forward(norm, saved, y, x, weight, bias);
    constexpr Grouping grouping = Operation::of_samples::sample_grouping(shape_of_t<X>{});
    if constexpr (grouping.group_size() == 1) operation::raise_one_value(Operation::name);
    Statistics statistics;
    OfSamples::forward({}, &statistics, y, x, weight, bias);
    launch(Channels, MoveToSampleMeans<typename X::value_type>{
                         grouping.groups / Channels, Channels, grouping.group_size(), Momentum, statistics.mean.data(),
                         statistics.variance.data(), norm.running_mean->data(), norm.running_var->data()});
    if (saved) *saved = std::move(statistics);
  }

  template <class X, class W, class B>
  static void backward(const Operation& norm, const Saved& saved, const X& y, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    if (norm.training)
      OfSamples::backward({}, saved, y, grad_y, x, weight, bias);
    else
      OfChannels::backward(norm, saved, y, grad_y, x, weight, bias);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
