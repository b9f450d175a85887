/// \file
/// Normalization on the CPU.
#pragma once

#include "../nn/group_norm.hpp"
#include "../nn/normalization.hpp"
#include "micro/normalization.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {
/// The mean, as `center` + `rest`, and the inverse deviation of each group.
template <class T>
struct Statistics {
  memory::Array<T> center, rest, inverse_deviation;

  Statistics() = default;
  explicit Statistics(std::size_t groups) : center(groups), rest(groups), inverse_deviation(groups) {}
  template <class U>
  Mean<U> mean(std::size_t group) const {
    return {static_cast<U>(center[group]), static_cast<U>(rest[group])};
  }
};

template <class X, class W, class B>
auto normalization_gradients(const autograd::Input<X>& x, const autograd::Input<W>& weight,
                             const autograd::Input<B>& bias) {
  return micro::NormalizationGradients<typename X::value_type>{x.grad, x.accumulate, weight.grad_to_add(),
                                                               bias.grad_to_add()};
}
/// Moves the running statistics of channel `c` towards `mean` and a `variance` of `count` elements, made unbiased.
template <class Operation>
void move_running(const Operation& norm, std::size_t c, index_t count, double mean, double variance) {
  const auto move = [](auto& running, double value) { running = moved_average(running, Operation::momentum, value); };
  move(norm.running_mean->data()[c], mean);
  move(norm.running_var->data()[c], static_cast<double>(count) / static_cast<double>(count - 1) * variance);
}
}  // namespace detail

template <int Rank, index_t Channels, double Eps, double Momentum, class Running>
struct Kernel<operation::BatchNorm<Rank, Channels, Eps, Momentum, Running>> {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Running>;
  using T = typename Running::value_type;
  using Saved = detail::Statistics<T>;
  static constexpr auto channels = static_cast<std::size_t>(Channels);

  template <class X, class W, class B>
  static void forward(const Operation& norm, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    constexpr Grouping grouping = Operation::grouping(shape_of_t<X>{});
    detail::Statistics<T> statistics(channels);
    T *center = statistics.center.data(), *rest = statistics.rest.data();
    T* deviation = statistics.inverse_deviation.data();  // holds the variance at first
    if (norm.training) {
      if constexpr (grouping.group_size() == 1) operation::raise_one_value(Operation::name);
      batch_statistics(grouping, x.data(), center, rest, deviation);
      move_running(norm, grouping.group_size(), statistics);
    } else {
      std::copy_n(std::as_const(*norm.running_mean).data(), channels, center);
      std::fill_n(rest, channels, T(0));
      std::copy_n(std::as_const(*norm.running_var).data(), channels, deviation);
    }
    for (std::size_t c = 0; c < channels; ++c)
      deviation[c] = static_cast<T>(inverse_deviation(static_cast<double>(deviation[c]), Eps));

    const T *w = elements_or_null(weight), *b = elements_or_null(bias);
    if constexpr (grouping.stretch == 1)
      micro::normalize_columns(grouping.outer, Channels, center, rest, deviation, w, b, x.data(), y.data());
    else
      for (std::size_t c = 0; c < channels; ++c)
        micro::normalize(grouping, static_cast<index_t>(c), statistics.template mean<T>(c), deviation[c], w, b,
                         x.data(), y.data());
    if (saved) *saved = std::move(statistics);
  }

  template <class X, class W, class B>
  static void backward(const Operation& norm, const Saved& saved, const X&, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    constexpr Grouping grouping = Operation::grouping(shape_of_t<X>{});
    const auto gradients = detail::normalization_gradients(x, weight, bias);
    const T *deviation = saved.inverse_deviation.data(), *w = elements_or_null(weight.value);
    if constexpr (grouping.stretch == 1)
      micro::normalize_columns_gradient(grouping.outer, Channels, !norm.training, saved.center.data(),
                                        saved.rest.data(), deviation, w, x.value.data(), grad_y.data(), gradients);
    else
      for (std::size_t c = 0; c < channels; ++c)
        micro::normalize_gradient(grouping, static_cast<index_t>(c), !norm.training, saved.template mean<T>(c),
                                  deviation[c], w, x.value.data(), grad_y.data(), gradients);
  }

 private:
  /// Writes mean and biased variance of each channel of `x` (N, Channels, axes...) to `center`, `rest` and `variance`,
  /// each (Channels).
  static void batch_statistics(const Grouping& grouping, const T* x, T* center, T* rest, T* variance) {
    if (grouping.stretch == 1) return micro::column_moments(grouping.outer, Channels, x, center, rest, variance);
    for (index_t c = 0; c < Channels; ++c) {
      const auto moments = micro::moments(grouping, c, x);
      center[c] = moments.mean.center;
      rest[c] = moments.mean.rest;
      variance[c] = static_cast<T>(moments.variance);
    }
  }
  /// Moves the running statistics towards the mean and the unbiased variance of the batch. The variance is still in
  /// `inverse_deviation`.
  static void move_running(const Operation& norm, index_t count, const Saved& statistics) {
    for (std::size_t c = 0; c < channels; ++c)
      detail::move_running(norm, c, count, statistics.template mean<T>(c).value(),
                           static_cast<double>(statistics.inverse_deviation[c]));
  }
};

template <class Operation>
  requires operation::NormalizesSamples<Operation>
struct Kernel<Operation> {
  using Saved = detail::Statistics<double>;  // for elements of any type

  template <class X, class W, class B>
  static void forward(const Operation&, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    forward(saved, y, x, weight, bias, [](index_t, const auto&) {});
  }
  /// The same; `note(group, moments)` is told the mean and the variance of each group.
  template <class X, class W, class B, class Note>
  static void forward(Saved* saved, X& y, const X& x, const W& weight, const B& bias, const Note& note) {
    using T = typename X::value_type;
    constexpr Grouping grouping = Operation::sample_grouping(shape_of_t<X>{});
    constexpr auto groups = static_cast<std::size_t>(grouping.groups);
    const T *w = elements_or_null(weight), *b = elements_or_null(bias);
    if (saved) *saved = Saved(groups);
    for (std::size_t g = 0; g < groups; ++g) {
      const auto group = static_cast<index_t>(g);
      const auto moments = micro::moments(grouping, group, x.data());
      note(group, moments);
      const T deviation = moments.inverse_deviation(Operation::eps);
      micro::normalize(grouping, group, moments.mean, deviation, w, b, x.data(), y.data());
      if (!saved) continue;
      saved->center[g] = static_cast<double>(moments.mean.center);
      saved->rest[g] = static_cast<double>(moments.mean.rest);
      saved->inverse_deviation[g] = static_cast<double>(deviation);
    }
  }

  template <class X, class W, class B>
  static void backward(const Operation&, const Saved& saved, const X&, const X& grad_y, const autograd::Input<X>& x,
                       const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    using T = typename X::value_type;
    constexpr Grouping grouping = Operation::sample_grouping(shape_of_t<X>{});
    const auto gradients = detail::normalization_gradients(x, weight, bias);
    const T* w = elements_or_null(weight.value);
    for (std::size_t g = 0; g < static_cast<std::size_t>(grouping.groups); ++g)
      micro::normalize_gradient(grouping, static_cast<index_t>(g), false, saved.template mean<T>(g),
                                static_cast<T>(saved.inverse_deviation[g]), w, x.value.data(), grad_y.data(),
                                gradients);
  }
};

template <int Rank, index_t Channels, double Eps, double Momentum, class Running>
struct Kernel<operation::TrackingInstanceNorm<Rank, Channels, Eps, Momentum, Running>> {
  using Operation = operation::TrackingInstanceNorm<Rank, Channels, Eps, Momentum, Running>;
  using OfSamples = Kernel<typename Operation::of_samples>;
  using OfChannels = Kernel<typename Operation::of_channels>;
  struct Saved {
    typename OfSamples::Saved of_samples;
    typename OfChannels::Saved of_channels;
  };

  template <class X, class W, class B>
  static void forward(const Operation& norm, Saved* saved, X& y, const X& x, const W& weight, const B& bias) {
    if (!norm.training) return OfChannels::forward(norm, saved ? &saved->of_channels : nullptr, y, x, weight, bias);
    constexpr Grouping grouping = Operation::of_samples::sample_grouping(shape_of_t<X>{});
    if constexpr (grouping.group_size() == 1) operation::raise_one_value(Operation::name);
    constexpr auto channels = static_cast<std::size_t>(Channels);
    constexpr double share = static_cast<double>(Channels) / static_cast<double>(grouping.groups);  // of one sample
    std::array<double, channels> mean{}, variance{};  // averages over the samples
    OfSamples::forward(saved ? &saved->of_samples : nullptr, y, x, weight, bias,
                       [&](index_t group, const auto& moments) {
                         const std::size_t c = static_cast<std::size_t>(group) % channels;
                         mean[c] += share * moments.mean.value();
                         variance[c] += share * moments.variance;
                       });
    for (std::size_t c = 0; c < channels; ++c)
      detail::move_running(norm, c, grouping.group_size(), mean[c], variance[c]);
  }

  template <class X, class W, class B>
  static void backward(const Operation& norm, const Saved& saved, const X& y, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    if (norm.training)
      OfSamples::backward({}, saved.of_samples, y, grad_y, x, weight, bias);
    else
      OfChannels::backward(norm, saved.of_channels, y, grad_y, x, weight, bias);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
