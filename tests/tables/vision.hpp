#pragma once

BOOST_AUTO_TEST_SUITE(vision)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(pixel_shuffle) {
  check_everywhere_in_double<nn::PixelShuffle<3>, Tensor<float, 1, 9, 4, 4>>(
      {.vectors = "PixelShuffle.p01.table", .device_tolerance = exactly});
  check_variant<nn::PixelShuffle<2>, Tensor<float, 2, 8, 1, 2>>({.vectors = "PixelShuffle.p02.r_2"});
  check_variant<nn::PixelShuffle<4>, Tensor<float, 1, 32, 3, 1>>({.vectors = "PixelShuffle.p03.r_4"});
  check_everywhere<nn::PixelShuffle<2>, Tensor<float, 3, 8, 2, 2>>(
      {.vectors = "PixelShuffle.p04.r_2", .device_tolerance = exactly});
  check_variant<nn::PixelShuffle<1>, Tensor<float, 3, 1, 4, 3>>({.vectors = "PixelShuffle.p05.r_1"});
  check_variant<nn::PixelShuffle<4>, Tensor<float, 2, 16, 1, 3>>({.vectors = "PixelShuffle.p06.r_4"});
  check_variant<nn::PixelShuffle<2>, Tensor<float, 1, 12, 1, 2>>({.vectors = "PixelShuffle.p07.r_2"});
  check<nn::PixelShuffle<2>, Tensor<float, 1, 4, 3, 37>>();
}

BOOST_AUTO_TEST_CASE(upsampling_nearest2d) {
  check_variant<nn::UpsamplingNearest2d<nn::size<2>>, Tensor<float, 1, 128, 1, 1>>(
      {.vectors = "UpsamplingNearest2d.p01.nearest_2d_launch_configs"});
  check_variant<nn::UpsamplingNearest2d<nn::size<12, 16>>, Tensor<float, 1, 2, 3, 4>>(
      {.vectors = "UpsamplingNearest2d.p02.nearest_tuple_2d"});
  check_variant<nn::UpsamplingNearest2d<nn::scale_factor<4>>, Tensor<float, 1, 3, 4, 4>>(
      {.vectors = "UpsamplingNearest2d.p03.scale_factor"});
  check_variant<nn::UpsamplingNearest2d<nn::size<2, 5>>, Tensor<float, 1, 2, 1, 5>>(
      {.vectors = "UpsamplingNearest2d.p04.size"});
  check_variant<nn::UpsamplingNearest2d<nn::scale_factor<2>>, Tensor<float, 2, 2, 4, 2>>(
      {.vectors = "UpsamplingNearest2d.p05.scale_factor"});
  check_variant<nn::UpsamplingNearest2d<nn::size<5, 8>>, Tensor<float, 2, 3, 3, 5>>(
      {.vectors = "UpsamplingNearest2d.p06.size"});
  check_variant<nn::UpsamplingNearest2d<nn::scale_factor<1>>, Tensor<float, 1, 1, 3, 6>>(
      {.vectors = "UpsamplingNearest2d.p07.scale_factor"});
  check_variant<nn::UpsamplingNearest2d<nn::size<5, 4>>, Tensor<float, 2, 2, 5, 2>>(
      {.vectors = "UpsamplingNearest2d.p08.size"});
  check_everywhere<nn::UpsamplingNearest2d<nn::scale_factor<3, 2>>, Tensor<float, 1, 1, 5, 23>>();
  check_everywhere<nn::UpsamplingNearest2d<nn::size<2, 3>>, Tensor<float, 1, 2, 5, 7>>();  // fewer pixels than before
}

BOOST_AUTO_TEST_CASE(upsampling_bilinear2d) {
  check_variant<nn::UpsamplingBilinear2d<nn::size<4, 6>>, Tensor<float, 1, 2, 4, 4>>(
      {.vectors = "UpsamplingBilinear2d.p01.bilinear_tuple_2d_align_corners"});
  check_everywhere_in_double<nn::UpsamplingBilinear2d<nn::scale_factor<2>>, Tensor<float, 1, 2, 1, 5>>(
      {.vectors = "UpsamplingBilinear2d.p02.scale_factor"});
  check_variant<nn::UpsamplingBilinear2d<nn::size<8, 9>>, Tensor<float, 1, 2, 5, 4>>(
      {.vectors = "UpsamplingBilinear2d.p03.size"});
  check_variant<nn::UpsamplingBilinear2d<nn::scale_factor<1>>, Tensor<float, 1, 3, 3, 4>>(
      {.vectors = "UpsamplingBilinear2d.p04.scale_factor"});
  check_variant<nn::UpsamplingBilinear2d<nn::size<9>>, Tensor<float, 2, 1, 3, 6>>(
      {.vectors = "UpsamplingBilinear2d.p05.size"});
  check_variant<nn::UpsamplingBilinear2d<nn::scale_factor<1>>, Tensor<float, 1, 3, 4, 5>>(
      {.vectors = "UpsamplingBilinear2d.p06.scale_factor"});
  check_everywhere<nn::UpsamplingBilinear2d<nn::size<1, 7>>, Tensor<float, 1, 1, 2, 6>>(
      {.vectors = "UpsamplingBilinear2d.p07.size"});
  check_everywhere<nn::UpsamplingBilinear2d<nn::scale_factor<2, 3>>, Tensor<float, 1, 2, 5, 23>>();
}

// Between convolutions images keep their layout.
BOOST_AUTO_TEST_CASE(in_a_net_of_images) {
  check<nn::Sequential<nn::Conv2d<2, 19, nn::kernel_size<3>>, nn::UpsamplingNearest2d<nn::scale_factor<2>>,
                       nn::UpsamplingBilinear2d<nn::size<7, 9>>, nn::Conv2d<19, 4, nn::kernel_size<1>>,
                       nn::PixelShuffle<2>>,
        Tensor<float, 1, 2, 5, 6>>();
}

BOOST_AUTO_TEST_SUITE_END()
