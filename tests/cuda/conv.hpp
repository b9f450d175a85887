#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(conv)
using namespace against_host;

BOOST_AUTO_TEST_CASE(options) {
  check<nn::Conv2d<3, 5, nn::kernel_size<3>>, Tensor<float, 2, 3, 11, 7>>();
  check<nn::Conv2d<1, 1, nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1>>();
  check<nn::Conv2d<4, 6, nn::kernel_size<3, 5>, nn::stride<2, 1>, nn::padding<4, 2>, nn::dilation<3, 1>>,
        Tensor<float, 3, 4, 13, 17>>();
  check<nn::Conv2d<6, 9, nn::kernel_size<2, 3>, nn::groups<3>, nn::bias<false>>, Tensor<float, 2, 6, 5, 8>>();
  check<nn::Conv2d<5, 5, nn::kernel_size<3>, nn::padding<1>, nn::stride<2>, nn::groups<5>>,
        Tensor<float, 1, 5, 9, 9>>();
  check<nn::Conv2d<2, 3, nn::kernel_size<5>, nn::padding<2>, nn::dtype<double>>, Tensor<double, 2, 2, 3, 4>>();
}

BOOST_AUTO_TEST_CASE(one_by_one) {
  check<nn::Conv2d<7, 4, nn::kernel_size<1>>, Tensor<float, 3, 7, 5, 3>>();
  check<nn::Conv2d<8, 4, nn::kernel_size<1>, nn::groups<2>>, Tensor<float, 2, 8, 3, 3>>();
  check<nn::Conv2d<3, 4, nn::kernel_size<1>, nn::stride<2>>, Tensor<float, 2, 3, 7, 6>>();
  check<nn::Conv2d<3, 4, nn::kernel_size<1>, nn::padding<1>>, Tensor<float, 2, 3, 4, 5>>();
}

BOOST_AUTO_TEST_CASE(other_ranks) {
  check<nn::Conv1d<3, 4, nn::kernel_size<3>, nn::stride<2>, nn::padding<2>, nn::dilation<2>>,
        Tensor<float, 2, 3, 13>>();
  check<nn::Conv3d<4, 6, nn::kernel_size<2, 3, 1>, nn::stride<1, 2, 1>, nn::padding<1, 0, 2>, nn::groups<2>>,
        Tensor<float, 2, 4, 3, 5, 4>>();
}

// The columns of all images together exceed what is made at once, and the last pass has fewer images.
BOOST_AUTO_TEST_CASE(several_passes) {
  using Conv = nn::Conv2d<8, 2, nn::kernel_size<3>, nn::dtype<double>>;
  using Input = Tensor<double, 61, 8, 66, 66>;
  using Run = tenon::cuda::Convolution<double, tenon::cuda::Kernel<Conv::operation>::Geometry<tenon::shape_of_t<Input>>>;
  static_assert(Run::images_at_once > 1 && Run::images_at_once < 61 && 61 % Run::images_at_once != 0);
  check<Conv, Input>(1e-11);  // a weight's gradient has 250 000 terms
}

BOOST_AUTO_TEST_SUITE_END()
