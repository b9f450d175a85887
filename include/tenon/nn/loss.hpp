/// \file
/// Losses of two tensors of one shape, element by element or row by row; those of classes are in nn/class_loss.hpp. The
/// result is a scalar: a mean, or a sum with size_average<false>.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../core/loss.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// Weights of a loss, known at run time; null: none. Shared by the loss and the records of its calls.
struct LossWeights {
  List<double> values;
  List<index_t> extents;
};
using LossWeightsPointer = std::shared_ptr<const LossWeights>;

// What errors call the losses of elements.
struct L1Loss : loss::OfDifference<loss::Absolute> {
  static constexpr std::string_view name = "L1Loss";
};
struct MSELoss : loss::OfDifference<loss::Square> {
  static constexpr std::string_view name = "MSELoss";
};
struct SmoothL1Loss : loss::OfDifference<loss::SmoothAbsolute> {
  static constexpr std::string_view name = "SmoothL1Loss";
};
struct KLDivLoss : loss::KullbackLeibler {
  static constexpr std::string_view name = "KLDivLoss";
};
struct BCELoss : loss::BinaryCrossEntropy {
  static constexpr std::string_view name = "BCELoss";
  static constexpr bool takes_probabilities = true;
};
struct BCEWithLogitsLoss : loss::BinaryCrossEntropyOfLogits {
  static constexpr std::string_view name = "BCEWithLogitsLoss";
};
struct MultiLabelSoftMarginLoss : loss::BinaryCrossEntropyOfLogits {
  static constexpr std::string_view name = "MultiLabelSoftMarginLoss";
  static constexpr bool sums_means_of_rows = true;
};
struct SoftMarginLoss : loss::SoftMargin {
  static constexpr std::string_view name = "SoftMarginLoss";
};
template <double Margin>
struct HingeEmbeddingLoss : loss::HingeEmbedding<Margin> {
  static constexpr std::string_view name = "HingeEmbeddingLoss";
};
template <double Margin>
struct MarginRankingLoss : loss::MarginRanking<Margin> {
  static constexpr std::string_view name = "MarginRankingLoss";
};

/// A probability outside [0, 1].
[[noreturn]] inline void raise_wrong_probability(std::string_view loss, index_t position, double found) {
  raise(Text(loss) + ": element " + to_text(position) + " is " + to_text(found) + ", wanted a probability from 0 to 1");
}

/// Mean or sum of `Term` over the elements of two or three tensors of one shape.
template <class Term, bool SizeAverage>
struct ElementLoss {
  using term = Term;
  static constexpr std::string_view name = Term::name;
  LossWeightsPointer weights;

  template <index_t... D, class... Others>
  static consteval auto output_shape(Shape<D...>, Others...) {
    if constexpr ((std::is_same_v<Shape<D...>, Others> && ...))
      return Shape<>{};
    else
      return rejection<D...>(Others{}...);
  }

  /// What the sum over tensors of shape `S` is divided by.
  template <class S>
  static constexpr double divisor() {
    if constexpr (SizeAverage)
      return static_cast<double>(S::size);
    else if constexpr (requires { Term::sums_means_of_rows; })
      return static_cast<double>(S::dims[S::rank - 1]);
    else
      return 1;
  }

 private:
  template <index_t... D, class Second, class... Rest>
  static consteval auto rejection(Second, Rest... rest) {
    if constexpr (sizeof...(Rest) == 0)
      return reject_t<Term, expected_target<D...>, Second>{};
    else if constexpr (!std::is_same_v<Second, Shape<D...>>)
      return reject_t<Term, expected_second_operand<D...>, Second>{};
    else
      return rejection<D...>(rest...);
  }
};

/// Mean or sum over rows of (N, D), (N, D) and labels (N): 1 - cos where the label is 1, max(0, cos - Margin) where it
/// is -1.
template <double Margin, bool SizeAverage>
struct CosineEmbeddingLoss {
  static constexpr std::string_view name = "CosineEmbeddingLoss";
  static constexpr double margin = Margin;

  template <class First, class Second, class Target>
  static consteval auto output_shape(First, Second, Target) {
    if constexpr (First::rank != 2)
      return reject_t<CosineEmbeddingLoss, expected_input<any, any>, First>{};
    else if constexpr (!std::is_same_v<First, Second>)
      return reject_t<CosineEmbeddingLoss, expected_second_operand<First::dims[0], First::dims[1]>, Second>{};
    else if constexpr (!std::is_same_v<Target, Shape<First::dims[0]>>)
      return reject_t<CosineEmbeddingLoss, expected_target<First::dims[0]>, Target>{};
    else
      return Shape<>{};
  }
  template <class S>
  static constexpr double divisor() {
    return SizeAverage ? static_cast<double>(S::dims[0]) : 1;
  }
};

}  // namespace operation

namespace nn {

/// A loss without weights: `criterion(x, target)` or `criterion(first, second, target)`.
template <class Derived, class Operation, class Options>
class LossLayer : public Layer<Derived> {
 public:
  using operation = Operation;
  LossLayer() { tag::check<Derived>(Options{}); }

  template <class... X>
  auto forward(const X&... x) const {
    return apply(operation{}, x...);
  }
};

/// A loss that `criterion{weight}` weighs. The weight is kept as it is then; a shape that does not fit is a
/// tenon::Error of the call.
template <class Derived, class Operation, class Options>
class WeightedLossLayer : public Layer<Derived> {
 public:
  using operation = Operation;
  WeightedLossLayer() { tag::check<Derived>(Options{}); }
  template <class T, index_t... D>
  explicit WeightedLossLayer(const Tensor<T, D...>& weight) : WeightedLossLayer() {
    weights_ = std::make_shared<const tenon::operation::LossWeights>(
        tenon::operation::LossWeights{{weight.begin(), weight.end()}, {D...}});
  }

  template <class X, class Target>
  auto forward(const X& x, const Target& target) const {
    return apply(operation{weights_}, x, target);
  }

  /// What `to<T>()`, `cuda(id)` and `cpu()` take over as it is.
  const tenon::operation::LossWeightsPointer& carried() const noexcept { return weights_; }
  tenon::operation::LossWeightsPointer& carried() noexcept { return weights_; }

 private:
  tenon::operation::LossWeightsPointer weights_;
};

namespace detail {
/// The option of all losses, behind those of one of them.
template <class Given, class... Declared>
using LossOptions = tag::Options<Given, Declared..., tag::Flag<nn::size_average<true>>>;

template <class Options>
inline constexpr bool averages = tag::value<Options, nn::size_average>;

/// The mean or the sum of `Term` over the elements.
template <class Derived, class Term, class Options>
using ElementLossLayer = LossLayer<Derived, tenon::operation::ElementLoss<Term, averages<Options>>, Options>;
template <class Derived, class Term, class Options>
using WeightedElementLossLayer =
    WeightedLossLayer<Derived, tenon::operation::ElementLoss<Term, averages<Options>>, Options>;
template <class Derived, template <double> class Term, class Options>
using MarginLossLayer = ElementLossLayer<Derived, Term<tag::value<Options, nn::margin>>, Options>;

template <class... Tags>
using CosineEmbeddingOptions = LossOptions<tag::Given<Tags...>, tag::Real<nn::margin<0>, tag::Between<-1, 1>>>;
}  // namespace detail

/// `torch.nn.L1Loss(size_average=True)`: the mean of |x - target|.
///
/// The target has the shape of x; another is a compile error. The result is a scalar.
///
///     nn::L1Loss<nn::size_average<false>> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class L1Loss : public detail::ElementLossLayer<L1Loss<Tags...>, tenon::operation::L1Loss,
                                               detail::LossOptions<tag::Given<Tags...>>> {};

/// `torch.nn.MSELoss(size_average=True)`: the mean of (x - target)^2.
///
/// The target has the shape of x; another is a compile error. The result is a scalar.
///
///     nn::MSELoss<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class MSELoss : public detail::ElementLossLayer<MSELoss<Tags...>, tenon::operation::MSELoss,
                                                detail::LossOptions<tag::Given<Tags...>>> {};

/// `torch.nn.SmoothL1Loss(size_average=True)`: the mean of (x - target)^2 / 2 where that is below 1/2, else of
/// |x - target| - 1/2.
///
/// The target has the shape of x; another is a compile error. The result is a scalar.
///
///     nn::SmoothL1Loss<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class SmoothL1Loss : public detail::ElementLossLayer<SmoothL1Loss<Tags...>, tenon::operation::SmoothL1Loss,
                                                     detail::LossOptions<tag::Given<Tags...>>> {};

/// `torch.nn.KLDivLoss(size_average=True)`: the mean over the elements of target * (log(target) - x), where x are
/// logarithms of probabilities and the target probabilities.
///
/// The target has the shape of x; another is a compile error. The result is a scalar.
///
///     nn::KLDivLoss<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class KLDivLoss : public detail::ElementLossLayer<KLDivLoss<Tags...>, tenon::operation::KLDivLoss,
                                                  detail::LossOptions<tag::Given<Tags...>>> {};

/// `torch.nn.SoftMarginLoss(size_average=True)`: the mean of log(1 + exp(-target * x)), targets 1 or -1, of any type.
///
///     nn::SoftMarginLoss<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class SoftMarginLoss : public detail::ElementLossLayer<SoftMarginLoss<Tags...>, tenon::operation::SoftMarginLoss,
                                                       detail::LossOptions<tag::Given<Tags...>>> {};

/// `torch.nn.HingeEmbeddingLoss(margin=1, size_average=True)`: the mean of x where the target is 1, of max(0, margin -
/// x) where it is -1; targets of any type.
///
///     nn::HingeEmbeddingLoss<nn::margin<2>> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class HingeEmbeddingLoss
    : public detail::MarginLossLayer<HingeEmbeddingLoss<Tags...>, tenon::operation::HingeEmbeddingLoss,
                                     detail::LossOptions<tag::Given<Tags...>, tag::Real<nn::margin<1>>>> {};

/// `torch.nn.MarginRankingLoss(margin=0, size_average=True)`: `criterion(first, second, target)` is the mean of
/// max(0, -target * (first - second) + margin), targets 1 or -1.
///
///     nn::MarginRankingLoss<nn::margin<0.5>> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3>{}, Tensor<float, 3>{}, Tensor<float, 3>{});
template <class... Tags>
class MarginRankingLoss
    : public detail::MarginLossLayer<MarginRankingLoss<Tags...>, tenon::operation::MarginRankingLoss,
                                     detail::LossOptions<tag::Given<Tags...>, tag::Real<nn::margin<0>>>> {};

/// `torch.nn.CosineEmbeddingLoss(margin=0, size_average=True)`: `criterion(first, second, target)` of (N, D), (N, D)
/// and (N) is the mean of 1 - cos(first, second) where the target is 1, of max(0, cos(first, second) - margin) where it
/// is -1.
///
/// A margin outside [-1, 1] is a compile error.
///
///     nn::CosineEmbeddingLoss<nn::margin<0.5>> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{}, Tensor<float, 3>{});
template <class... Tags>
class CosineEmbeddingLoss
    : public LossLayer<
          CosineEmbeddingLoss<Tags...>,
          tenon::operation::CosineEmbeddingLoss<tag::value<detail::CosineEmbeddingOptions<Tags...>, nn::margin>,
                                                detail::averages<detail::CosineEmbeddingOptions<Tags...>>>,
          detail::CosineEmbeddingOptions<Tags...>> {};

/// `torch.nn.BCELoss(weight=None, size_average=True)`: the mean of -(target * log(x) + (1 - target) * log(1 - x)).
///
/// A probability x outside [0, 1] is a tenon::Error. A weight is one for each element, or broadcasts to that.
///
///     nn::BCELoss<> criterion;
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class BCELoss : public detail::WeightedElementLossLayer<BCELoss<Tags...>, tenon::operation::BCELoss,
                                                        detail::LossOptions<tag::Given<Tags...>>> {
  using base = typename BCELoss::WeightedLossLayer;

 public:
  using base::base;
};

/// `torch.nn.BCEWithLogitsLoss(weight=None, size_average=True)`: BCELoss of sigmoid(x), without its overflow.
///
///     nn::BCEWithLogitsLoss<> criterion{Tensor<float, 5>{}};
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class BCEWithLogitsLoss
    : public detail::WeightedElementLossLayer<BCEWithLogitsLoss<Tags...>, tenon::operation::BCEWithLogitsLoss,
                                              detail::LossOptions<tag::Given<Tags...>>> {
  using base = typename BCEWithLogitsLoss::WeightedLossLayer;

 public:
  using base::base;
};

/// `torch.nn.MultiLabelSoftMarginLoss(weight=None, size_average=True)`: of (N, C), the mean over the classes of
/// BCEWithLogitsLoss, averaged or summed over the samples. A weight is one for each class.
///
///     nn::MultiLabelSoftMarginLoss<> criterion{Tensor<float, 5>{}};
///     Tensor<float> loss = criterion(Tensor<float, 3, 5>{}, Tensor<float, 3, 5>{});
template <class... Tags>
class MultiLabelSoftMarginLoss : public detail::WeightedElementLossLayer<MultiLabelSoftMarginLoss<Tags...>,
                                                                         tenon::operation::MultiLabelSoftMarginLoss,
                                                                         detail::LossOptions<tag::Given<Tags...>>> {
  using base = typename MultiLabelSoftMarginLoss::WeightedLossLayer;

 public:
  using base::base;
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
