#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/vision.hpp"

BOOST_AUTO_TEST_SUITE(vision)
using namespace tenon_test;

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
