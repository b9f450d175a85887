/// \file
/// Loss functions. The result is a scalar: the mean over the batch, or the sum with size_average<false>.
#pragma once

#include <memory>
#include <vector>

#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// Mean or sum of (x - target)^2.
template <bool SizeAverage>
struct MSELoss {
  static constexpr std::string_view name = "MSELoss";
  static constexpr bool size_average = SizeAverage;
  template <class S, class Target>
  static consteval auto output_shape(S, Target) {
    if constexpr (std::is_same_v<S, Target>)
      return Shape<>{};
    else
      return rejection(S{}, Target{});
  }

 private:
  template <index_t... D, class Target>
  static consteval auto rejection(Shape<D...>, Target) {
    return reject_t<MSELoss, expected_target<D...>, Target>{};
  }
};

/// Class weights, known at run time; none by default. Shared by the loss and the records of its calls.
using ClassWeights = std::shared_ptr<const std::vector<double>>;

/// Mean or sum of -weight[target] * log_softmax(x)[target] over (N, C) or (N, C, axes...).
template <bool SizeAverage, std::int64_t IgnoreIndex>
struct CrossEntropyLoss {
  static constexpr std::string_view name = "CrossEntropyLoss";
  static constexpr bool size_average = SizeAverage;
  static constexpr std::int64_t ignore_index = IgnoreIndex;
  ClassWeights weights;

  template <index_t N, index_t C, index_t... D, class Target>
  static consteval auto output_shape(Shape<N, C, D...>, Target) {
    if constexpr (std::is_same_v<Target, Shape<N, D...>>)
      return Shape<>{};
    else
      return reject_t<CrossEntropyLoss, expected_target<N, D...>, Target>{};
  }
  template <index_t... D, class Target>
  static consteval auto output_shape(Shape<D...>, Target)
    requires(sizeof...(D) < 2)
  {
    return reject_t<CrossEntropyLoss, expected_input<any, any, more>, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// `torch.nn.MSELoss(size_average=True)`: the mean of (x - target)^2; both of one shape.
template <class... Tags>
class MSELoss : public Layer<MSELoss<Tags...>> {
  static constexpr bool average = tag::value<tag::find_t<nn::size_average, nn::size_average<true>, Tags...>>;

 public:
  using operation = tenon::operation::MSELoss<average>;
  MSELoss() { tag::check<MSELoss, tag::names<nn::size_average>, Tags...>(); }

  template <class X, class Target>
  auto forward(const X& x, const Target& target) const {
    return apply(operation{}, x, target);
  }
};

/// `torch.nn.CrossEntropyLoss(weight=None, size_average=True, ignore_index=-100)`: scores (N, C) or (N, C, axes...) and
/// classes in [0, C), (N) or (N, axes...), as 64-bit integers.
///
/// `criterion{weight}` weighs the classes; a weight of another length than C is a tenon::Error of the call. Targets equal
/// to `ignore_index` are left out, of the mean's divisor too. A target outside [0, C) is a tenon::Error.
template <class... Tags>
class CrossEntropyLoss : public Layer<CrossEntropyLoss<Tags...>> {
  static constexpr bool average = tag::value<tag::find_t<nn::size_average, nn::size_average<true>, Tags...>>;
  static constexpr std::int64_t ignored = tag::value<tag::find_t<nn::ignore_index, nn::ignore_index<-100>, Tags...>>;

 public:
  using operation = tenon::operation::CrossEntropyLoss<average, ignored>;
  CrossEntropyLoss() { tag::check<CrossEntropyLoss, tag::names<nn::size_average, nn::ignore_index>, Tags...>(); }
  template <class T, index_t Classes>
  explicit CrossEntropyLoss(const Tensor<T, Classes>& weight) : CrossEntropyLoss() {
    weights_ = std::make_shared<const std::vector<double>>(weight.begin(), weight.end());
  }

  template <class X, class Target>
  auto forward(const X& x, const Target& target) const {
    return apply(operation{weights_}, x, target);
  }

 private:
  tenon::operation::ClassWeights weights_;
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
