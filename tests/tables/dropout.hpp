#pragma once

BOOST_AUTO_TEST_SUITE(dropout)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(dropout) {
  check<nn::Dropout<nn::p<0.75>>, Tensor<float, 1, 4>>({.vectors = "Dropout.p01.eval", .eval = true});
  check<nn::Dropout<nn::p<0>>, Tensor<float, 1, 1>>({.vectors = "Dropout.p02.p0"});
  check<nn::Dropout<nn::p<0.2>>, Tensor<float, 1, 4>>({.vectors = "Dropout.p06.eval", .eval = true});
}
BOOST_AUTO_TEST_CASE(dropout2d) {
  check<nn::Dropout2d<nn::p<0.75>>, Tensor<float, 2, 4, 1, 2>>({.vectors = "Dropout2d.p01.eval", .eval = true});
  check<nn::Dropout2d<nn::p<0>>, Tensor<float, 1, 1, 2, 1>>({.vectors = "Dropout2d.p02.p0"});
  check<nn::Dropout2d<nn::p<0.6>>, Tensor<float, 3, 3, 3, 2>>({.vectors = "Dropout2d.p06.eval", .eval = true});
}
BOOST_AUTO_TEST_CASE(dropout3d) {
  check<nn::Dropout3d<nn::p<0.75>>, Tensor<float, 2, 4, 1, 2, 3>>({.vectors = "Dropout3d.p01.eval", .eval = true});
  check<nn::Dropout3d<nn::p<0.0>>, Tensor<float, 2, 3, 1, 1, 3>>({.vectors = "Dropout3d.p02.p0"});
  check<nn::Dropout3d<nn::p<0.3>>, Tensor<float, 1, 4, 1, 4, 1>>({.vectors = "Dropout3d.p06.eval", .eval = true});
}

BOOST_AUTO_TEST_CASE(identities) {
  check<nn::Dropout<nn::p<0>>, Tensor<float, 3, 37>>();
  check_everywhere<nn::Dropout<>, Tensor<float, 3, 37>>({.eval = true, .device_tolerance = exactly});
  check<nn::Dropout2d<>, Tensor<float, 3, 5, 1, 7>>({.eval = true});
}

BOOST_AUTO_TEST_SUITE_END()
