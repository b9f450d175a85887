#include "chapter.hpp"
#include "tables/conv_transpose2d.hpp"

using namespace tenon_test;

namespace {

// The size that `Layer` makes of the input.
template <class Layer, class Input>
using output = decltype(Layer::operation::output_shape(Input{}));

// The manual's examples.
static_assert(std::is_same_v<
              output<nn::ConvTranspose2d<16, 33, nn::kernel_size<3>, nn::stride<2>>, tenon::Shape<20, 16, 50, 100>>,
              tenon::Shape<20, 33, 101, 201>>);
static_assert(
    std::is_same_v<output<nn::ConvTranspose2d<16, 33, nn::kernel_size<3, 5>, nn::stride<2, 1>, nn::padding<4, 2>>,
                          tenon::Shape<20, 16, 50, 100>>,
                   tenon::Shape<20, 33, 93, 100>>);

// The manual's example: the size that the downsampling lost is asked for.
BOOST_AUTO_TEST_CASE(output_size) {
  nn::Conv2d<16, 16, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>> downsample;
  nn::ConvTranspose2d<16, 16, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>> upsample;
  const auto input = random_argument<Tensor<float, 1, 16, 12, 12>>(1);
  const auto h = downsample(input);
  static_assert(std::is_same_v<decltype(h), const Tensor<float, 1, 16, 6, 6>>);
  const auto output = upsample(h, nn::output_size<12, 12>{});
  static_assert(std::is_same_v<decltype(output), const Tensor<float, 1, 16, 12, 12>>);
  static_assert(std::is_same_v<decltype(upsample(h)), Tensor<float, 1, 16, 11, 11>>);
  static_assert(std::is_same_v<decltype(upsample(h, nn::output_size<11>{})), Tensor<float, 1, 16, 11, 11>>);
  static_assert(std::is_same_v<decltype(upsample(h, nn::output_size<12, 11>{})), Tensor<float, 1, 16, 12, 11>>);
  // It is what the output padding of that length gives.
  nn::ConvTranspose2d<16, 16, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::output_padding<1>> padded;
  padded.load_state_dict(upsample.state_dict());
  compare("output_size", output, numbers(padded(h)), 0, 0);
}

BOOST_AUTO_TEST_CASE(printing) {
  BOOST_TEST(
      nn::repr_module(nn::ConvTranspose2d<3, 4, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>,
                                          nn::output_padding<1>, nn::groups<1>, nn::dilation<2>, nn::bias<false>>{}) ==
      "ConvTranspose2d(3, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(2, 2), "
      "output_padding=(1, 1), bias=False)");
}

}  // namespace
