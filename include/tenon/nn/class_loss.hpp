/// \file
/// Losses whose targets are classes: 64-bit integers in [0, C).
#pragma once

#include <cstdint>

#include "loss.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// What a loss does with scores (N, C) or (N, C, axes...) and classes (N) or (N, axes...): it picks the score of each
/// target and weighs it by its class. `Derived` is what errors call it; `Rank`, unless 0, is the scores' only one.
template <class Derived, bool SizeAverage, std::int64_t IgnoreIndex, std::size_t Rank = 0>
struct PickingLoss {
  static constexpr int index_argument = 1;
  static constexpr bool size_average = SizeAverage;
  static constexpr std::int64_t ignore_index = IgnoreIndex;
  LossWeightsPointer weights;

  template <index_t... D, class Target>
  static consteval auto output_shape(Shape<D...> x, Target target) {
    if constexpr (sizeof...(D) < 2 || (Rank != 0 && sizeof...(D) != Rank))
      return reject_t<Derived, expected_scores, Shape<D...>>{};
    else
      return of_target(x, target);
  }

 private:
  using expected_scores =
      std::conditional_t<Rank == 4, expected_input<any, any, any, any>, expected_input<any, any, more>>;
  template <index_t N, index_t C, index_t... D, class Target>
  static consteval auto of_target(Shape<N, C, D...>, Target) {
    if constexpr (std::is_same_v<Target, Shape<N, D...>>)
      return Shape<>{};
    else
      return reject_t<Derived, expected_target<N, D...>, Target>{};
  }
};

/// -weight[target] * log_softmax(x)[target]
template <bool SizeAverage, std::int64_t IgnoreIndex>
struct CrossEntropyLoss : PickingLoss<CrossEntropyLoss<SizeAverage, IgnoreIndex>, SizeAverage, IgnoreIndex> {
  static constexpr std::string_view name = "CrossEntropyLoss";
};
/// -weight[target] * x[target]
template <bool SizeAverage, std::int64_t IgnoreIndex>
struct NLLLoss : PickingLoss<NLLLoss<SizeAverage, IgnoreIndex>, SizeAverage, IgnoreIndex> {
  static constexpr std::string_view name = "NLLLoss";
  static constexpr autograd::Needs backward_needs{{0b10}};  // the targets
};
/// The same of images alone.
template <bool SizeAverage, std::int64_t IgnoreIndex>
struct NLLLoss2d : PickingLoss<NLLLoss2d<SizeAverage, IgnoreIndex>, SizeAverage, IgnoreIndex, 4> {
  static constexpr std::string_view name = "NLLLoss2d";
  static constexpr autograd::Needs backward_needs{{0b10}};  // the targets
};

/// The losses that are a sum over rows of scores (N, C).
template <bool SizeAverage>
struct RowLoss {
  static constexpr int index_argument = 1;
  LossWeightsPointer weights;
  template <class S>
  static constexpr double divisor() {
    return SizeAverage ? static_cast<double>(S::dims[0]) : 1;
  }
};

/// Mean or sum over rows of weight[target] / C * the sum of loss::MultiMargin over the classes other than the target.
template <int Power, double Margin, bool SizeAverage>
struct MultiMarginLoss : RowLoss<SizeAverage> {
  static constexpr std::string_view name = "MultiMarginLoss";
  static constexpr bool lists_of_classes = false;

  template <class S, class Target>
  static consteval auto output_shape(S, Target) {
    if constexpr (S::rank != 2)
      return reject_t<MultiMarginLoss, expected_input<any, any>, S>{};
    else if constexpr (!std::is_same_v<Target, Shape<S::dims[0]>>)
      return reject_t<MultiMarginLoss, expected_target<S::dims[0]>, Target>{};
    else
      return Shape<>{};
  }
};

/// Mean or sum of loss::MultiLabelMarginRow.
template <bool SizeAverage>
struct MultiLabelMarginLoss : RowLoss<SizeAverage> {
  static constexpr std::string_view name = "MultiLabelMarginLoss";
  static constexpr bool lists_of_classes = true;

  template <class S, class Target>
  static consteval auto output_shape(S, Target) {
    if constexpr (S::rank != 2)
      return reject_t<MultiLabelMarginLoss, expected_input<any, any>, S>{};
    else if constexpr (!std::is_same_v<Target, S>)
      return reject_t<MultiLabelMarginLoss, expected_target<S::dims[0], S::dims[1]>, Target>{};
    else
      return Shape<>{};
  }
};

/// A target that is none of the classes.
[[noreturn]] inline void raise_wrong_target(std::string_view loss, index_t position, std::int64_t target,
                                            index_t classes) {
  raise(Text(loss) + ": target " + to_text(position) + " is " + to_text(target) + ", wanted 0 to " +
        to_text(classes - 1));
}
/// Class weights are as many as classes.
inline void check_class_weights(std::string_view loss, const LossWeightsPointer& weights, index_t classes) {
  if (weights && static_cast<index_t>(weights->values.size()) != classes)
    raise(Text(loss) + ": " + to_text(weights->values.size()) + " class weights, wanted " + to_text(classes));
}

}  // namespace operation

namespace nn {

namespace detail {
template <class... Tags>
using PickingOptions = LossOptions<tag::Given<Tags...>, tag::Integer<nn::ignore_index<-100>>>;
template <class Derived, template <bool, std::int64_t> class Operation, class Options>
using PickingLossLayer =
    WeightedLossLayer<Derived, Operation<averages<Options>, tag::value<Options, nn::ignore_index>>, Options>;

template <class... Tags>
using MultiMarginOptions =
    LossOptions<tag::Given<Tags...>, tag::Integer<nn::p<1>, tag::Between<1, 2>>, tag::Real<nn::margin<1>>>;
template <class Derived, class Options>
using MultiMarginLossLayer = WeightedLossLayer<
    Derived,
    tenon::operation::MultiMarginLoss<tag::value<Options, nn::p>, tag::value<Options, nn::margin>, averages<Options>>,
    Options>;
}  // namespace detail

/// `torch.nn.CrossEntropyLoss(weight=None, size_average=True, ignore_index=-100)`: scores (N, C) or (N, C, axes...) and
/// classes in [0, C), (N) or (N, axes...), as 64-bit integers.
///
/// `criterion{weight}` weighs the classes; a weight of another length than C is a tenon::Error of the call. Targets
/// equal to `ignore_index` are left out, of the mean's divisor too. A target outside [0, C) is a tenon::Error.
///
///     nn::CrossEntropyLoss<> criterion{Tensor<float, 5>::from({1, 1, 2, 2, 1})};
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<std::int64_t, 3>::from({0, 4, 2}));
template <class... Tags>
class CrossEntropyLoss : public detail::PickingLossLayer<CrossEntropyLoss<Tags...>, tenon::operation::CrossEntropyLoss,
                                                         detail::PickingOptions<Tags...>> {
  using base = typename CrossEntropyLoss::WeightedLossLayer;

 public:
  using base::base;
};

/// `torch.nn.NLLLoss(weight=None, size_average=True, ignore_index=-100)`: as CrossEntropyLoss, of logarithms of
/// probabilities instead of scores.
///
///     nn::NLLLoss<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<std::int64_t, 3>{});
template <class... Tags>
class NLLLoss
    : public detail::PickingLossLayer<NLLLoss<Tags...>, tenon::operation::NLLLoss, detail::PickingOptions<Tags...>> {
  using base = typename NLLLoss::WeightedLossLayer;

 public:
  using base::base;
};

/// `torch.nn.NLLLoss2d(weight=None, size_average=True, ignore_index=-100)`: NLLLoss of (N, C, H, W) and (N, H, W).
///
///     nn::NLLLoss2d<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5, 8, 8>{}, Tensor<std::int64_t, 3, 8, 8>{});
template <class... Tags>
class NLLLoss2d : public detail::PickingLossLayer<NLLLoss2d<Tags...>, tenon::operation::NLLLoss2d,
                                                  detail::PickingOptions<Tags...>> {
  using base = typename NLLLoss2d::WeightedLossLayer;

 public:
  using base::base;
};

/// `torch.nn.MultiMarginLoss(p=1, margin=1, weight=None, size_average=True)`: of scores (N, C) and classes (N), the
/// mean over the classes i other than the target y of weight[y] * max(0, margin - x[y] + x[i])^p, p 1 or 2.
///
/// Classes outside [0, C) are a tenon::Error; a p other than 1 and 2 is a compile error.
///
///     nn::MultiMarginLoss<nn::p<2>> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<std::int64_t, 3>{});
template <class... Tags>
class MultiMarginLoss
    : public detail::MultiMarginLossLayer<MultiMarginLoss<Tags...>, detail::MultiMarginOptions<Tags...>> {
  using base = typename MultiMarginLoss::WeightedLossLayer;

 public:
  using base::base;
};

/// `torch.nn.MultiLabelMarginLoss(size_average=True)`: scores (N, C) and, for each sample, a list of classes that the
/// first -1 ends (N, C). The sum over targets y and other classes i of max(0, 1 - x[y] + x[i]), divided by C.
///
/// A class outside [0, C) is a tenon::Error.
///
///     nn::MultiLabelMarginLoss<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<std::int64_t, 3, 5>{});
template <class... Tags>
class MultiLabelMarginLoss
    : public LossLayer<
          MultiLabelMarginLoss<Tags...>,
          tenon::operation::MultiLabelMarginLoss<detail::averages<detail::LossOptions<tag::Given<Tags...>>>>,
          detail::LossOptions<tag::Given<Tags...>>> {};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
