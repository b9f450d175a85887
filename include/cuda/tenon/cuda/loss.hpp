/// \file
/// Losses on the device.
#pragma once

#include <thrust/find.h>
#include <thrust/functional.h>
#include <thrust/inner_product.h>
#include <thrust/transform_reduce.h>

#include <cstdint>
#include <tenon/nn/loss.hpp>

#include "softmax.hpp"

namespace tenon::inline TENON_ISA::cuda {

struct SquaredDifference {
  template <class T>
  TENON_HOST_DEVICE double operator()(const T& a, const T& b) const {
    const double difference = static_cast<double>(a) - static_cast<double>(b);
    return difference * difference;
  }
};

template <bool SizeAverage>
struct Kernel<operation::MSELoss<SizeAverage>> : ForwardOnly {
  template <class Y, class X>
  static void forward(const operation::MSELoss<SizeAverage>&, Saved*, Y& y, const X& x, const X& target) {
    constexpr index_t size = shape_of_t<X>::size;
    const double sum = thrust::inner_product(detail::policy(), x.data(), x.data() + size, target.data(), 0.0,
                                             thrust::plus<double>(), SquaredDifference{});
    y.fill(static_cast<typename Y::value_type>(SizeAverage ? sum / static_cast<double>(size) : sum));
  }
};

struct WeightedLoss {
  double loss = 0, weight = 0;
};
struct AddWeightedLosses {
  TENON_HOST_DEVICE WeightedLoss operator()(const WeightedLoss& a, const WeightedLoss& b) const {
    return {a.loss + b.loss, a.weight + b.weight};
  }
};

/// The cross-entropy of one sample: a slice of scores and its target.
template <class T>
struct CrossEntropy {
  Axis axis;
  std::int64_t ignore_index;
  const T* x;
  const std::int64_t* target;
  const double* weights;  // of the classes; may be null
  TENON_HOST_DEVICE WeightedLoss operator()(index_t sample) const {
    const std::int64_t label = target[sample];
    if (label == ignore_index) return {};
    const T* scores = x + axis.slice(sample);
    const double weight = weights ? weights[label] : 1;
    const T normalizer = log_sum_exp(axis.size, axis.inner, scores);
    return {weight * (static_cast<double>(normalizer) - static_cast<double>(scores[label * axis.inner])), weight};
  }
};

struct OutsideClasses {
  std::int64_t classes, ignore_index;
  TENON_HOST_DEVICE bool operator()(std::int64_t label) const {
    return label != ignore_index && (label < 0 || label >= classes);
  }
};

template <bool SizeAverage, std::int64_t IgnoreIndex>
struct Kernel<operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>> : ForwardOnly {
  using Operation = operation::CrossEntropyLoss<SizeAverage, IgnoreIndex>;

  template <class Y, class X, class Target>
  static void forward(const Operation& loss, Saved*, Y& y, const X& x, const Target& target) {
    constexpr Axis axis(shape_of_t<X>::dims, 1);
    constexpr index_t samples = shape_of_t<Target>::size;
    check<samples>(loss, axis.size, target.data());
    Array<double> weights;
    if (loss.weights) {
      weights = Array<double>(axis.size);
      copy_to_device(loss.weights->data(), axis.size, weights.data());
    }
    const thrust::counting_iterator<index_t> first(0);
    const WeightedLoss sum = thrust::transform_reduce(
        detail::policy(), first, first + samples,
        CrossEntropy<typename X::value_type>{axis, IgnoreIndex, x.data(), target.data(), weights.data()},
        WeightedLoss{}, AddWeightedLosses{});
    y.fill(static_cast<typename Y::value_type>(SizeAverage ? sum.loss / sum.weight : sum.loss));
  }

 private:
  template <index_t Samples>
  static void check(const Operation& loss, index_t classes, const std::int64_t* target) {
    if (loss.weights && static_cast<index_t>(loss.weights->size()) != classes)
      raise("CrossEntropyLoss: " + std::to_string(loss.weights->size()) + " class weights, wanted " +
            std::to_string(classes));
    const std::int64_t* wrong =
        thrust::find_if(detail::policy(), target, target + Samples, OutsideClasses{classes, IgnoreIndex});
    if (wrong == target + Samples) return;
    std::int64_t label = 0;
    copy_to_host(wrong, 1, &label);
    raise("CrossEntropyLoss: target " + std::to_string(wrong - target) + " is " + std::to_string(label) +
          ", wanted 0 to " + std::to_string(classes - 1));
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
