#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(vision)
using namespace against_host;

BOOST_AUTO_TEST_CASE(pixel_shuffle) {
  check<nn::PixelShuffle<2>, Tensor<float, 2, 8, 3, 5>>(exactly);
  check<nn::PixelShuffle<3>, Tensor<double, 1, 9, 1, 2>>(exactly);
}

BOOST_AUTO_TEST_CASE(upsampling) {
  check<nn::UpsamplingNearest2d<nn::scale_factor<2, 3>>, Tensor<float, 2, 3, 4, 5>>();
  check<nn::UpsamplingNearest2d<nn::size<5, 3>>, Tensor<float, 1, 2, 3, 7>>();
  check<nn::UpsamplingBilinear2d<nn::scale_factor<2>>, Tensor<float, 2, 3, 4, 5>>();
  check<nn::UpsamplingBilinear2d<nn::size<3, 7>>, Tensor<double, 1, 2, 5, 1>>();
  check<nn::UpsamplingBilinear2d<nn::size<1, 4>>, Tensor<float, 1, 1, 3, 4>>();
}

BOOST_AUTO_TEST_CASE(gradients_accumulate) {
  const auto image = random<Tensor<float, 1, 4, 2, 3>>();
  const nn::Variable x(image, nn::requires_grad);
  const nn::Variable device_x(tenon::cuda::copy(image), nn::requires_grad);
  const auto backward_twice = [](const auto& input) {
    const nn::PixelShuffle<2> shuffle;
    const nn::UpsamplingBilinear2d<nn::scale_factor<2>> upsample;
    shuffle(input).backward(shuffle(input).data());
    upsample(input).backward(upsample(input).data());
    shuffle(input).backward(shuffle(input).data());
  };
  backward_twice(x);
  backward_twice(device_x);
  check_equal(x.grad(), device_x.grad(), closely<float>);
}

BOOST_AUTO_TEST_SUITE_END()
