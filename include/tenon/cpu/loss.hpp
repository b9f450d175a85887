/// \file
/// Losses on the CPU.
#pragma once

#include "../nn/loss.hpp"
#include "micro/softmax.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <bool SizeAverage>
struct Kernel<operation::MSELoss<SizeAverage>> {
  using Operation = operation::MSELoss<SizeAverage>;

  template <class Y, class X, class Target>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x, const Target& target) {
    using T = typename X::value_type;
    const T sum = micro::map_sum<T>(
        shape_of_t<X>::size,
        [](const auto& a, const auto& b) {
          const auto difference = a - b;
          return difference * difference;
        },
        x.data(), target.data());
    *y.data() = SizeAverage ? sum / static_cast<T>(X::size()) : sum;
  }

  template <class Y, class X, class Target>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Target>& target) {
    using T = typename X::value_type;
    using V = micro::Vector<T>;
    const T scale = T(2) * grad_y.item() / (SizeAverage ? static_cast<T>(X::size()) : T(1));
    const auto pass = [&](const auto& input, T factor) {
      if (input.grad)
        micro::map_gradient<T>(
            shape_of_t<X>::size, input.accumulate,
            [f = V(factor)](const V& a, const V& b) { return f * (a - b); }, input.grad, x.value.data(),
            target.value.data());
    };
    pass(x, scale);
    pass(target, -scale);
  }
};

template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>> {
  using Operation = operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>;
  struct Saved {
    memory::Array<double> normalizer;  // log(sum(exp(x))) of each sample
    double divisor = 1;
  };

  template <class Y, class X, class Target>
  static void forward(const Operation& loss, Saved* saved, Y& y, const X& x, const Target& target) {
    using T = typename X::value_type;
    constexpr auto axis = micro::axis_view(shape_of_t<X>::dims, 1);
    check(loss, axis.size, target);
    memory::Array<T> normalizer(Target::size());
    micro::log_sum_exp<T>(axis, x.data(), normalizer.data());
    double sum = 0, weights = 0;
    for_each_sample<X>(target, [&](std::size_t sample, index_t at) {
      const double weight = weight_of(loss, target.data()[sample]);
      sum += weight * (static_cast<double>(normalizer[sample]) - static_cast<double>(x.data()[at]));
      weights += weight;
    });
    const double divisor = SizeAverage ? weights : 1;
    *y.data() = static_cast<T>(sum / divisor);
    if (saved) {
      saved->normalizer = memory::Array<double>(Target::size());
      std::copy_n(normalizer.data(), Target::size(), saved->normalizer.data());
      saved->divisor = divisor;
    }
  }

  /// grad_x = weight / divisor * (softmax(x) - one_hot(target))
  template <class Y, class X, class Target>
  static void backward(const Operation& loss, const Saved& saved, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Target>& target) {
    using T = typename X::value_type;
    using V = micro::Vector<T>;
    if (!x.grad) return;
    constexpr auto axis = micro::axis_view(shape_of_t<X>::dims, 1);
    memory::Array<T> scale(Target::size()), normalizer(Target::size());
    for (std::size_t sample = 0; sample < Target::size(); ++sample) {
      const std::int64_t label = target.value.data()[sample];
      scale[sample] = label == IgnoreIndex ? T(0)
                                           : static_cast<T>(weight_of(loss, label) / saved.divisor) * grad_y.item();
      normalizer[sample] = static_cast<T>(saved.normalizer[sample]);
    }
    const T *s = scale.data(), *n = normalizer.data();
    for (index_t o = 0; o < axis.outer; ++o) {
      const index_t slice = o * axis.size * axis.inner;
      if constexpr (axis.inner == 1) {
        micro::map_gradient<T>(
            axis.size, x.accumulate,
            [sv = V(s[o]), nv = V(n[o])](const V& v) { return sv * xsimd::exp(v - nv); }, x.grad + slice,
            x.value.data() + slice);
      } else {
        for (index_t c = 0; c < axis.size; ++c)
          micro::map_gradient<T>(
              axis.inner, x.accumulate,
              [](const V& v, const V& sv, const V& nv) { return sv * xsimd::exp(v - nv); },
              x.grad + slice + c * axis.inner, x.value.data() + slice + c * axis.inner, s + o * axis.inner,
              n + o * axis.inner);
      }
    }
    for_each_sample<X>(target.value, [&](std::size_t sample, index_t at) { x.grad[at] -= scale[sample]; });
  }

 private:
  // Calls f(sample, position of its target's score in x) for each target that is not ignored.
  template <class X, class Target, class F>
  static void for_each_sample(const Target& target, F&& f) {
    constexpr auto axis = micro::axis_view(shape_of_t<X>::dims, 1);
    std::size_t sample = 0;
    for (index_t o = 0; o < axis.outer; ++o)
      for (index_t i = 0; i < axis.inner; ++i, ++sample)
        if (const std::int64_t label = target.data()[sample]; label != IgnoreIndex)
          f(sample, (o * axis.size + static_cast<index_t>(label)) * axis.inner + i);
  }

  static double weight_of(const Operation& loss, std::int64_t label) {
    return loss.weights ? (*loss.weights)[static_cast<std::size_t>(label)] : 1.0;
  }

  template <class Target>
  static void check(const Operation& loss, index_t classes, const Target& target) {
    if (loss.weights && static_cast<index_t>(loss.weights->size()) != classes)
      raise("CrossEntropyLoss: " + std::to_string(loss.weights->size()) + " class weights, wanted " +
            std::to_string(classes));
    for (std::size_t i = 0; i < Target::size(); ++i)
      if (const std::int64_t label = target.data()[i]; label != IgnoreIndex && (label < 0 || label >= classes))
        raise("CrossEntropyLoss: target " + std::to_string(i) + " is " + std::to_string(label) + ", wanted 0 to " +
              std::to_string(classes - 1));
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
