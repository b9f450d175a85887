#include "chapter.hpp"

using namespace tenon_test;

namespace {

// Both directions of a resampled axis tell the same: output position o is made of input position i exactly where o is
// one of the readers of i.
template <class Rule>
constexpr bool directions_agree(const Rule& axis) {
  for (index_t i = 0; i < axis.input; ++i)
    for (index_t o = 0; o < axis.output; ++o) {
      int found = 0;
      for (index_t k = 0; k < axis.readers(i); ++k) found += axis.reader(i, k) == o;
      const bool reads = tenon::resampling::weight(axis, i, o) != 0;
      if (found > 1 || (reads && found == 0) || (found == 1 && !reads && !Rule::blends)) return false;
    }
  for (index_t i = 0; i < axis.input; ++i)
    for (index_t k = 0; k < axis.readers(i); ++k)
      if (axis.reader(i, k) >= axis.output) return false;
  return true;
}
template <class Rule>
constexpr bool directions_agree() {
  for (index_t input = 1; input < 8; ++input)
    for (index_t output = 1; output < 14; ++output)
      if (!directions_agree(Rule{{input, output}})) return false;
  return true;
}
static_assert(directions_agree<tenon::resampling::Nearest>());
static_assert(directions_agree<tenon::resampling::CornerAligned>());

template <class Layer, class X>
using output_shape_t = decltype(Layer::operation::output_shape(tenon::shape_of_t<X>{}));

// The manual's example: input (1, 9, 4, 4) -> (1, 1, 12, 12).
static_assert(
    std::is_same_v<output_shape_t<nn::PixelShuffle<3>, Tensor<float, 1, 9, 4, 4>>, tenon::Shape<1, 1, 12, 12>>);

BOOST_AUTO_TEST_CASE(pixel_shuffle) {
  check<nn::PixelShuffle<3>, Tensor<float, 1, 9, 4, 4>>({.vectors = "PixelShuffle.p01.table"});
  check<nn::PixelShuffle<2>, Tensor<float, 2, 8, 1, 2>>({.vectors = "PixelShuffle.p02.r_2"});
  check<nn::PixelShuffle<4>, Tensor<float, 1, 32, 3, 1>>({.vectors = "PixelShuffle.p03.r_4"});
  check<nn::PixelShuffle<2>, Tensor<float, 3, 8, 2, 2>>({.vectors = "PixelShuffle.p04.r_2"});
  check<nn::PixelShuffle<1>, Tensor<float, 3, 1, 4, 3>>({.vectors = "PixelShuffle.p05.r_1"});
  check<nn::PixelShuffle<4>, Tensor<float, 2, 16, 1, 3>>({.vectors = "PixelShuffle.p06.r_4"});
  check<nn::PixelShuffle<2>, Tensor<float, 1, 12, 1, 2>>({.vectors = "PixelShuffle.p07.r_2"});
  check<nn::PixelShuffle<2>, Tensor<float, 1, 4, 3, 37>>();
}

BOOST_AUTO_TEST_CASE(upsampling_nearest2d) {
  check<nn::UpsamplingNearest2d<nn::size<2>>, Tensor<float, 1, 128, 1, 1>>(
      {.vectors = "UpsamplingNearest2d.p01.nearest_2d_launch_configs"});
  check<nn::UpsamplingNearest2d<nn::size<12, 16>>, Tensor<float, 1, 2, 3, 4>>(
      {.vectors = "UpsamplingNearest2d.p02.nearest_tuple_2d"});
  check<nn::UpsamplingNearest2d<nn::scale_factor<4>>, Tensor<float, 1, 3, 4, 4>>(
      {.vectors = "UpsamplingNearest2d.p03.scale_factor"});
  check<nn::UpsamplingNearest2d<nn::size<2, 5>>, Tensor<float, 1, 2, 1, 5>>(
      {.vectors = "UpsamplingNearest2d.p04.size"});
  check<nn::UpsamplingNearest2d<nn::scale_factor<2>>, Tensor<float, 2, 2, 4, 2>>(
      {.vectors = "UpsamplingNearest2d.p05.scale_factor"});
  check<nn::UpsamplingNearest2d<nn::size<5, 8>>, Tensor<float, 2, 3, 3, 5>>(
      {.vectors = "UpsamplingNearest2d.p06.size"});
  check<nn::UpsamplingNearest2d<nn::scale_factor<1>>, Tensor<float, 1, 1, 3, 6>>(
      {.vectors = "UpsamplingNearest2d.p07.scale_factor"});
  check<nn::UpsamplingNearest2d<nn::size<5, 4>>, Tensor<float, 2, 2, 5, 2>>(
      {.vectors = "UpsamplingNearest2d.p08.size"});
  check<nn::UpsamplingNearest2d<nn::scale_factor<3, 2>>, Tensor<float, 1, 1, 5, 23>>();
  check<nn::UpsamplingNearest2d<nn::size<2, 3>>, Tensor<float, 1, 2, 5, 7>>();  // fewer pixels than before
}

BOOST_AUTO_TEST_CASE(upsampling_bilinear2d) {
  check<nn::UpsamplingBilinear2d<nn::size<4, 6>>, Tensor<float, 1, 2, 4, 4>>(
      {.vectors = "UpsamplingBilinear2d.p01.bilinear_tuple_2d_align_corners"});
  check<nn::UpsamplingBilinear2d<nn::scale_factor<2>>, Tensor<float, 1, 2, 1, 5>>(
      {.vectors = "UpsamplingBilinear2d.p02.scale_factor"});
  check<nn::UpsamplingBilinear2d<nn::size<8, 9>>, Tensor<float, 1, 2, 5, 4>>(
      {.vectors = "UpsamplingBilinear2d.p03.size"});
  check<nn::UpsamplingBilinear2d<nn::scale_factor<1>>, Tensor<float, 1, 3, 3, 4>>(
      {.vectors = "UpsamplingBilinear2d.p04.scale_factor"});
  check<nn::UpsamplingBilinear2d<nn::size<9>>, Tensor<float, 2, 1, 3, 6>>({.vectors = "UpsamplingBilinear2d.p05.size"});
  check<nn::UpsamplingBilinear2d<nn::scale_factor<1>>, Tensor<float, 1, 3, 4, 5>>(
      {.vectors = "UpsamplingBilinear2d.p06.scale_factor"});
  check<nn::UpsamplingBilinear2d<nn::size<1, 7>>, Tensor<float, 1, 1, 2, 6>>(
      {.vectors = "UpsamplingBilinear2d.p07.size"});
  check<nn::UpsamplingBilinear2d<nn::scale_factor<2, 3>>, Tensor<float, 1, 2, 5, 23>>();
}

// Between convolutions images keep their layout.
BOOST_AUTO_TEST_CASE(in_a_net_of_images) {
  check<nn::Sequential<nn::Conv2d<2, 19, nn::kernel_size<3>>, nn::UpsamplingNearest2d<nn::scale_factor<2>>,
                       nn::UpsamplingBilinear2d<nn::size<7, 9>>, nn::Conv2d<19, 4, nn::kernel_size<1>>,
                       nn::PixelShuffle<2>>,
        Tensor<float, 1, 2, 5, 6>>();
}

BOOST_AUTO_TEST_CASE(gradients_accumulate) {
  const nn::Variable x{random_argument<Tensor<float, 1, 4, 3, 5>>(1), nn::requires_grad};
  nn::PixelShuffle<2> shuffle;
  nn::UpsamplingBilinear2d<nn::scale_factor<2>> upsample;
  const auto backward = [](const auto& y) {
    auto ones = y.data();
    ones.fill(1);
    y.backward(ones);
  };
  backward(upsample(x));
  const auto once = x.grad();
  backward(shuffle(x));
  backward(upsample(x));
  for (std::size_t i = 0; i < once.size(); ++i)
    BOOST_TEST(std::fabs(x.grad().data()[i] - (2 * once.data()[i] + 1)) < 1e-5);
}

BOOST_AUTO_TEST_CASE(printing) {
  BOOST_TEST(nn::repr_module(nn::PixelShuffle<3>{}) == "PixelShuffle(upscale_factor=3)");
  BOOST_TEST(nn::repr_module(nn::UpsamplingNearest2d<nn::scale_factor<2>>{}) ==
             "UpsamplingNearest2d(scale_factor=2.0, mode=nearest)");
  BOOST_TEST(nn::repr_module(nn::UpsamplingBilinear2d<nn::size<4, 5>>{}) ==
             "UpsamplingBilinear2d(size=(4, 5), mode=bilinear)");
}

}  // namespace
