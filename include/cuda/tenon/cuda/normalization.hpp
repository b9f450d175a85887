/// \file
/// Normalization on the device.
#pragma once

#include <cmath>
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

template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Kernel<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> : ForwardOnly {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>;
  using T = typename Statistics::value_type;

  template <class X, class W, class B>
  static void forward(const Operation& norm, Saved*, X& y, const X& x, const W& weight, const B& bias) {
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
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
