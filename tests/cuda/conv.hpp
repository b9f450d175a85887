#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/conv.hpp"
#include "../tables/conv1d.hpp"
#include "../tables/conv3d.hpp"

BOOST_AUTO_TEST_SUITE(conv)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(one_by_one) {
  check_on_device<nn::Conv2d<8, 4, nn::kernel_size<1>, nn::groups<2>>, Tensor<float, 2, 8, 3, 3>>();
  check_on_device<nn::Conv2d<3, 4, nn::kernel_size<1>, nn::stride<2>>, Tensor<float, 2, 3, 7, 6>>();
  check_on_device<nn::Conv2d<3, 4, nn::kernel_size<1>, nn::padding<1>>, Tensor<float, 2, 3, 4, 5>>();
}

// The columns of all images together exceed what is made at once, and the last pass has fewer images.
BOOST_AUTO_TEST_CASE(several_passes) {
  using Conv = nn::Conv2d<8, 2, nn::kernel_size<3>, nn::dtype<double>>;
  using Input = Tensor<double, 61, 8, 66, 66>;
  using Run =
      tenon::cuda::Convolution<double, tenon::cuda::Kernel<Conv::operation>::Geometry<tenon::shape_of_t<Input>>>;
  static_assert(Run::images_at_once > 1 && Run::images_at_once < 61 && 61 % Run::images_at_once != 0);
  // In one mode: there is much to compute. A weight's gradient has 250 000 terms.
  check_on_device<Conv, Input>({.eval = true, .device_tolerance = 1e-11});
}

BOOST_AUTO_TEST_SUITE_END()
