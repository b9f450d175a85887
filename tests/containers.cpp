// What stands between and around layers.
#include "chapter.hpp"

using namespace tenon_test;
using tenon::Shape;

namespace {

template <index_t In, index_t Out>
using Conv = nn::Conv2d<In, Out, nn::kernel_size<1>>;

BOOST_AUTO_TEST_CASE(residual) {
  check<nn::Residual<nn::Identity>, Tensor<float, 1>>();
  check<nn::Residual<nn::Linear<5, 17>, nn::Sequential<nn::Linear<5, 17>, nn::Tanh>>, Tensor<float, 2, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(concat) {
  check<nn::Concat<nn::Identity>, Tensor<float, 2, 3>>();
  check<nn::Concat<nn::Linear<5, 3>, nn::Linear<5, 1>, nn::Named<"same", nn::Identity>>, Tensor<float, 2, 5>>();
  // Blocks of whole vectors of channels stay blocked, for one image in place; others become plain.
  using Inception =
      nn::Concat<Conv<3, 32>, nn::Sequential<Conv<3, 4>, nn::Tanh, Conv<4, 16>>, nn::Named<"last", Conv<3, 5>>>;
  check<Inception, Tensor<float, 1, 3, 4, 5>>();
  check<nn::Concat<nn::Tanh, nn::Identity>, Tensor<float, 3, 7, 2>>();
}

BOOST_AUTO_TEST_CASE(unflatten) {
  check<nn::Unflatten<nn::dim<1>, nn::unflattened_size<2, 5>>, Tensor<float, 3, 10>>();
  check<nn::Unflatten<nn::dim<-3>, nn::unflattened_size<3, -1>>, Tensor<float, 2, 12, 4, 5>>();
  using Manual = nn::Unflatten<nn::dim<1>, nn::unflattened_size<2, 5, 5>>::operation;
  static_assert(std::is_same_v<decltype(Manual::output_shape(Shape<2, 50>{})), Shape<2, 2, 5, 5>>);
  using Rest = nn::Unflatten<nn::unflattened_size<-1, 5>, nn::dim<0>>::operation;
  static_assert(std::is_same_v<decltype(Rest::output_shape(Shape<20, 1>{})), Shape<4, 5, 1>>);
  static_assert(tenon::is_rejection<decltype(Rest::output_shape(Shape<21, 1>{}))>);
}

BOOST_AUTO_TEST_CASE(containers_are_printed_as_pytorch_prints_them) {
  const nn::Sequential<nn::Residual<nn::ReLU>, nn::Concat<nn::Identity, nn::Named<"b", nn::Shared<nn::Linear<5, 2>>>>,
                       nn::Unflatten<nn::dim<0>, nn::unflattened_size<2, -1>>>
      model;
  BOOST_TEST(nn::repr_module(model) == R"(Sequential(
  (0): Residual(
    (body): ReLU()
    (shortcut): Identity()
  )
  (1): Concat(
    (0): Identity()
    (b): Linear(in_features=5, out_features=2, bias=True)
  )
  (2): Unflatten(dim=0, unflattened_size=(2, -1))
))");
}

}  // namespace
