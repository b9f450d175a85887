// What stands between and around layers.
#include "chapter.hpp"
#include "tables/containers.hpp"

using namespace tenon_test;
using tenon::Shape;

namespace {

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
