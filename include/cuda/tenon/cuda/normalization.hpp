/// \file
/// Normalization on the device.
#pragma once

#include <cmath>
#include <limits>
#include <tenon/nn/normalization.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// (x - mean) / sqrt(variance + eps) * weight + bias, each per channel of (..., channels, inner); weight and bias may
/// be null.
template <class T>
struct Normalize {
  index_t channels, inner;
  T eps;
  const T *mean, *variance, *weight, *bias, *x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    using std::sqrt;
    const index_t c = i / inner % channels;
    const T scale = (weight ? weight[c] : T(1)) / sqrt(variance[c] + eps);
    y[i] = (x[i] - mean[c]) * scale + (bias ? bias[c] : T(0));
  }
};

/// sum[plane] of the elements of one plane of (..., channels, inner), or of the squares of their distances to `mean`.
template <class T>
struct PlaneSum {
  index_t channels, inner;
  const T* x;
  const T* mean;  // null: the elements themselves
  double* sum;
  TENON_HOST_DEVICE void operator()(index_t plane) const {
    const double center = mean ? static_cast<double>(mean[plane % channels]) : 0;
    double total = 0;
    for (const T* element = x + plane * inner; element != x + (plane + 1) * inner; ++element) {
      const double distance = static_cast<double>(*element) - center;
      total += mean ? distance * distance : distance;
    }
    sum[plane] = total;
  }
};

/// The mean of what one channel's planes sum up to, and the running statistic moved towards it.
template <class T>
struct ChannelMean {
  index_t channels, planes;  // planes: of all channels
  double count, divisor;     // elements of one channel; the same, or one less for the running variance
  double momentum;
  const double* sum;
  T *mean, *running;
  TENON_HOST_DEVICE void operator()(index_t c) const {
    double total = 0;
    for (index_t plane = c; plane < planes; plane += channels) total += sum[plane];
    mean[c] = static_cast<T>(total / count);
    running[c] = static_cast<T>((1 - momentum) * static_cast<double>(running[c]) + momentum * (total / divisor));
  }
};

/// Sums over one plane of (..., channels, inner), with n = (x - mean) / sqrt(variance + eps): of grad_y, and of grad_y
/// * n.
template <class T>
struct PlaneGradientSums {
  index_t channels, inner;
  double eps;
  const T *mean, *variance, *x, *grad_y;
  double *sum, *product;
  TENON_HOST_DEVICE void operator()(index_t plane) const {
    const index_t c = plane % channels;
    const auto center = static_cast<double>(mean[c]);
    double s = 0, p = 0;
    for (index_t i = plane * inner; i < (plane + 1) * inner; ++i) {
      s += static_cast<double>(grad_y[i]);
      p += static_cast<double>(grad_y[i]) * (static_cast<double>(x[i]) - center);
    }
    sum[plane] = s;
    product[plane] = p / std::sqrt(static_cast<double>(variance[c]) + eps);
  }
};

/// What one channel's planes sum up to, left in its first plane and added to the gradients of weight and bias, which
/// may be null.
template <class T>
struct ChannelGradients {
  index_t channels, planes;  // planes: of all channels
  double *sum, *product;
  T *grad_weight, *grad_bias;
  TENON_HOST_DEVICE void operator()(index_t c) const {
    for (index_t plane = c + channels; plane < planes; plane += channels) {
      sum[c] += sum[plane];
      product[c] += product[plane];
    }
    if (grad_weight) grad_weight[c] += static_cast<T>(product[c]);
    if (grad_bias) grad_bias[c] += static_cast<T>(sum[c]);
  }
};

/// grad_x = weight / sqrt(variance + eps) * (grad_y - (sum + n * product) / count); a fixed mean and variance: count is
/// infinite.
template <class T>
struct NormalizeGradient {
  index_t channels, inner;
  bool accumulate;
  double eps, count;
  const T *mean, *variance, *weight, *x, *grad_y;
  const double *sum, *product;
  T* grad_x;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t c = i / inner % channels;
    const double inverse = 1 / std::sqrt(static_cast<double>(variance[c]) + eps);
    const double n = (static_cast<double>(x[i]) - static_cast<double>(mean[c])) * inverse;
    const double scale = (weight ? static_cast<double>(weight[c]) : 1) * inverse;
    const T g = static_cast<T>(scale * (static_cast<double>(grad_y[i]) - (sum[c] + n * product[c]) / count));
    grad_x[i] = accumulate ? grad_x[i] + g : g;
  }
};

template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Kernel<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>;
  using T = typename Statistics::value_type;
  struct Saved {
    Array<T> mean, variance;  // of the batch; empty in evaluation mode
  };

  template <class X, class W, class B>
  static void forward(const Operation& norm, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    constexpr index_t size = shape_of_t<X>::size, planes = shape_of_t<X>::dims[0] * Channels, inner = size / planes;
    const auto normalize = [&](const T* mean, const T* variance) {
      launch(size, Normalize<T>{Channels, inner, static_cast<T>(Eps), mean, variance, elements_or_null(weight),
                                elements_or_null(bias), x.data(), y.data()});
    };
    if (!norm.training) return normalize(norm.running_mean->data(), norm.running_var->data());

    constexpr double count = static_cast<double>(size / Channels);
    if constexpr (size == Channels)
      raise(std::string(Operation::name) + ": in training mode each channel needs more than one value");
    // Two passes, summed in double: large means do not cancel.
    Array<double> sums(planes);
    Array<T> mean(Channels), variance(Channels);
    launch(planes, PlaneSum<T>{Channels, inner, x.data(), nullptr, sums.data()});
    launch(Channels, ChannelMean<T>{Channels, planes, count, count, Momentum, sums.data(), mean.data(),
                                    norm.running_mean->data()});
    launch(planes, PlaneSum<T>{Channels, inner, x.data(), mean.data(), sums.data()});
    launch(Channels, ChannelMean<T>{Channels, planes, count, count - 1, Momentum, sums.data(), variance.data(),
                                    norm.running_var->data()});
    normalize(mean.data(), variance.data());
    if (saved) {
      saved->mean = std::move(mean);
      saved->variance = std::move(variance);
    }
  }

  template <class X, class W, class B>
  static void backward(const Operation& norm, const Saved& saved, const X&, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    constexpr index_t size = shape_of_t<X>::size, planes = shape_of_t<X>::dims[0] * Channels, inner = size / planes;
    const T* mean = norm.training ? saved.mean.data() : norm.running_mean->data();
    const T* variance = norm.training ? saved.variance.data() : norm.running_var->data();
    T *grad_weight = nullptr, *grad_bias = nullptr;
    const T* scale = nullptr;
    if constexpr (!std::is_same_v<W, Absent>) {
      grad_weight = weight.grad_to_add();
      grad_bias = bias.grad_to_add();
      scale = weight.value.data();
    }
    Array<double> sums(planes), products(planes);
    launch(planes, PlaneGradientSums<T>{Channels, inner, Eps, mean, variance, x.value.data(), grad_y.data(),
                                        sums.data(), products.data()});
    launch(Channels, ChannelGradients<T>{Channels, planes, sums.data(), products.data(), grad_weight, grad_bias});
    constexpr double samples = static_cast<double>(size / Channels);
    const double count = norm.training ? samples : std::numeric_limits<double>::infinity();
    if (x.grad)
      launch(size, NormalizeGradient<T>{Channels, inner, x.accumulate, Eps, count, mean, variance, scale,
                                        x.value.data(), grad_y.data(), sums.data(), products.data(), x.grad});
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
