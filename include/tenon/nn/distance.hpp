/// \file
/// Distance functions.
#pragma once

#include "../core/norm.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// The p-norm of x1 - x2 + Eps, row by row.
template <double P, double Eps>
struct PairwiseDistance {
  static constexpr std::string_view name = "PairwiseDistance";
  static constexpr double p = P, eps = Eps;

  template <index_t N, index_t D, class Second>
  static consteval auto output_shape(Shape<N, D>, Second) {
    if constexpr (std::is_same_v<Second, Shape<N, D>>)
      return Shape<N, 1>{};
    else
      return reject_t<PairwiseDistance, expected_second_operand<N, D>, Second>{};
  }
  template <index_t... D, class Second>
  static consteval auto output_shape(Shape<D...>, Second) {
    return reject_t<PairwiseDistance, expected_input<any, any>, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// `torch.nn.PairwiseDistance(p=2, eps=1e-6)`: (N, D), (N, D) -> (N, 1), the p-norm of x1 - x2 + eps in each row.
///
/// Tags: p<2> (positive), eps<1e-6>. Operands of two shapes do not compile.
///
///     nn::PairwiseDistance<nn::p<1>> distance;
///     Tensor<float, 100, 1> d = distance(Tensor<float, 100, 128>{}, Tensor<float, 100, 128>{});
template <class... Tags>
class PairwiseDistance : public Layer<PairwiseDistance<Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, tag::Real<nn::p<2>, tag::Positive>, tag::Real<nn::eps<1e-6>>>;

 public:
  using operation = tenon::operation::PairwiseDistance<tag::value<options, nn::p>, tag::value<options, nn::eps>>;
  PairwiseDistance() { tag::check<PairwiseDistance>(options{}); }

  template <class X1, class X2>
  auto forward(const X1& x1, const X2& x2) const {
    return apply(operation{}, x1, x2);
  }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
