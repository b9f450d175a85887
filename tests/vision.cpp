#include "chapter.hpp"
#include "tables/vision.hpp"

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
