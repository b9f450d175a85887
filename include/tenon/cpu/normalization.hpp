/// \file
/// Normalization on the CPU.
#pragma once

#include "../nn/normalization.hpp"
#include "micro/map.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Kernel<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>;
  using T = typename Statistics::value_type;
  using V = micro::Vector<T>;
  static constexpr auto channels = static_cast<std::size_t>(Channels);

  struct Saved {
    memory::Array<T> mean, inverse_deviation;  // what normalised, per channel
  };

  template <class X, class W, class B>
  static void forward(const Operation& norm, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    memory::Array<T> mean(channels), inverse_deviation(channels);
    if (norm.training)
      batch_statistics(norm, x, mean.data(), inverse_deviation.data());
    else
      for (std::size_t c = 0; c < channels; ++c) {
        mean[c] = norm.running_mean->data()[c];
        inverse_deviation[c] = T(1) / std::sqrt(norm.running_var->data()[c] + static_cast<T>(Eps));
      }
    for_each_plane<X>([&](index_t plane, std::size_t c) {
      const V scale(parameter(weight, c, T(1)) * inverse_deviation[c]), center(mean[c]), shift(parameter(bias, c, T(0)));
      micro::map<T>(
          plane_size<X>,
          [=](const V& v) TENON_ALWAYS_INLINE { return xsimd::fma(v - center, scale, shift); }, y.data() + plane,
          x.data() + plane);
    });
    if (saved) *saved = {std::move(mean), std::move(inverse_deviation)};
  }

  /// With n = (x - mean) * inverse_deviation: grad_weight = sum(grad_y n), grad_bias = sum(grad_y), and in training mode
  /// grad_x = weight * inverse_deviation * (grad_y - mean(grad_y) - n mean(grad_y n)).
  template <class X, class W, class B>
  static void backward(const Operation& norm, const Saved& saved, const X&, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    memory::Array<T> sum(channels), product(channels);
    std::fill_n(sum.data(), channels, T(0));
    std::fill_n(product.data(), channels, T(0));
    for_each_plane<X>([&](index_t plane, std::size_t c) {
      const V center(saved.mean[c]);
      const T* g = grad_y.data() + plane;
      sum[c] += micro::map_sum<T>(plane_size<X>, [](const V& v) { return v; }, g);
      product[c] += saved.inverse_deviation[c] *
                    micro::map_sum<T>(
                        plane_size<X>, [=](const V& gv, const V& xv) { return gv * (xv - center); }, g,
                        x.value.data() + plane);
    });
    add_to(weight, product);
    add_to(bias, sum);
    if (!x.grad) return;
    const T divisor = norm.training ? T(1) / static_cast<T>(samples<X>) : T(0);
    for_each_plane<X>([&](index_t plane, std::size_t c) {
      const T deviation = saved.inverse_deviation[c];
      T factor = deviation;
      if constexpr (!std::is_same_v<W, Absent>) factor *= weight.value.data()[c];
      const V scale(factor), center(saved.mean[c]), mean(sum[c] * divisor), slope(deviation * product[c] * divisor);
      micro::map_gradient<T>(
          plane_size<X>, x.accumulate,
          [=](const V& g, const V& v) TENON_ALWAYS_INLINE { return scale * (g - mean - (v - center) * slope); },
          x.grad + plane, grad_y.data() + plane, x.value.data() + plane);
    });
  }

 private:
  template <class X>
  static constexpr index_t samples = shape_of_t<X>::size / Channels;
  template <class X>
  static constexpr index_t plane_size = samples<X> / shape_of_t<X>::dims[0];

  // Calls f(offset of the plane, channel).
  template <class X, class F>
  static void for_each_plane(F&& f) {
    index_t plane = 0;
    for (index_t n = 0; n < shape_of_t<X>::dims[0]; ++n)
      for (std::size_t c = 0; c < channels; ++c, plane += plane_size<X>) f(plane, c);
  }

  template <class P>
  static T parameter(const P& p, std::size_t c, T otherwise) {
    if constexpr (std::is_same_v<P, Absent>)
      return otherwise;
    else
      return p.data()[c];
  }
  template <class P>
  static void add_to(const autograd::Input<P>& parameter, const memory::Array<T>& values) {
    if constexpr (!std::is_same_v<P, Absent>)
      if (T* grad = parameter.grad_to_add())
        for (std::size_t c = 0; c < channels; ++c) grad[c] += values[c];
  }

  // Mean and variance in two passes, summed over planes in double: large means do not cancel.
  template <class X>
  static void batch_statistics(const Operation& norm, const X& x, T* mean, T* inverse_deviation) {
    if constexpr (samples<X> == 1)
      raise(std::string(Operation::name) + ": in training mode each channel needs more than one value");
    constexpr double count = static_cast<double>(samples<X>);
    memory::Array<double> sums(channels);
    std::fill_n(sums.data(), channels, 0.0);
    for_each_plane<X>([&](index_t plane, std::size_t c) {
      sums[c] += static_cast<double>(micro::map_sum<T>(plane_size<X>, [](const V& v) { return v; }, x.data() + plane));
    });
    for (std::size_t c = 0; c < channels; ++c) mean[c] = static_cast<T>(sums[c] / count);
    std::fill_n(sums.data(), channels, 0.0);
    for_each_plane<X>([&](index_t plane, std::size_t c) {
      sums[c] += static_cast<double>(micro::map_sum<T>(
          plane_size<X>, [m = V(mean[c])](const V& v) { return (v - m) * (v - m); }, x.data() + plane));
    });
    for (std::size_t c = 0; c < channels; ++c) {
      inverse_deviation[c] = static_cast<T>(1 / std::sqrt(sums[c] / count + Eps));
      const auto move = [](T& running, double value) {
        running = static_cast<T>((1 - Momentum) * static_cast<double>(running) + Momentum * value);
      };
      move(norm.running_mean->data()[c], static_cast<double>(mean[c]));
      move(norm.running_var->data()[c], sums[c] / (count - 1));
    }
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
