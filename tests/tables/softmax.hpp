// Softmax and its relatives.
#pragma once

BOOST_AUTO_TEST_SUITE(softmax)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(log_softmax) {
  check<nn::LogSoftmax<nn::dim<1>>, Tensor<float, 10, 20>>({.vectors = "LogSoftmax.p01.table"});
  check<nn::LogSoftmax<nn::dim<-1>>, Tensor<float, 2, 128>>({.vectors = "LogSoftmax.p02.softmax_lastdim"});
  check_reference<nn::LogSoftmax<nn::dim<1>>, Tensor<float, 2, 2, 4, 4>>({.vectors = "LogSoftmax.p03.softmax_spatial"});
  check<nn::LogSoftmax<nn::dim<3>>, Tensor<float, 2, 3, 4, 5>>({.vectors = "LogSoftmax.p04.softmax_dim3"});
  check_variant<nn::LogSoftmax<nn::dim<0>>, Tensor<float, 7>>({.vectors = "LogSoftmax.p06.shape"});
  check_reference<nn::LogSoftmax<>, Tensor<float, 3, 5>>({.vectors = "LogSoftmax.p07.shape"});
  check_variant<nn::LogSoftmax<nn::dim<2>>, Tensor<float, 2, 3, 4>>({.vectors = "LogSoftmax.p08.shape"});
  check_reference<nn::LogSoftmax<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "LogSoftmax.p09.large_values"});
  check_variant<nn::LogSoftmax<nn::dim<4>>, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "LogSoftmax.p10.shape"});
  check_reference<nn::LogSoftmax<nn::dim<1>>, Tensor<float, 1, 1>>({.vectors = "LogSoftmax.p11.shape"});
}

BOOST_AUTO_TEST_CASE(softmax) {
  check_variant<nn::Softmax<>, Tensor<float, 10, 20>>({.vectors = "Softmax.p01.table"});
  check_reference<nn::Softmax<>, Tensor<float, 2, 128, 2, 2>>({.vectors = "Softmax.p02.spatial_special"});
  check_everywhere_in_double<nn::Softmax<nn::dim<0>>, Tensor<float, 2, 3, 4, 5>>(
      {.vectors = "Softmax.p03.functional_dim0"});
  check_variant<nn::Softmax<nn::dim<-1>>, Tensor<float, 4, 5>>({.vectors = "Softmax.p04.no_batch_dim"});
  check_reference<nn::Softmax<nn::dim<0>>, Tensor<float, 7>>({.vectors = "Softmax.p06.shape"});
  check_reference<nn::Softmax<>, Tensor<float, 3, 5>>({.vectors = "Softmax.p07.shape"});
  check_variant<nn::Softmax<nn::dim<2>>, Tensor<float, 2, 3, 4>>({.vectors = "Softmax.p08.shape"});
  check_reference<nn::Softmax<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "Softmax.p09.large_values"});
  check_variant<nn::Softmax<nn::dim<4>>, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Softmax.p10.shape"});
  check_reference<nn::Softmax<>, Tensor<float, 1, 1>>({.vectors = "Softmax.p11.shape"});
}

BOOST_AUTO_TEST_CASE(softmin) {
  check_variant<nn::Softmin<>, Tensor<float, 10, 20>>({.vectors = "Softmin.p01.table"});
  check_everywhere<nn::Softmin<nn::dim<-1>>, Tensor<float, 3, 4, 10>>({.vectors = "Softmin.p02.no_batch_dim"});
  check_reference<nn::Softmin<nn::dim<0>>, Tensor<float, 7>>({.vectors = "Softmin.p04.shape"});
  check_reference<nn::Softmin<>, Tensor<float, 3, 5>>({.vectors = "Softmin.p05.shape"});
  check_variant<nn::Softmin<nn::dim<2>>, Tensor<float, 2, 3, 4>>({.vectors = "Softmin.p06.shape"});
  check_reference<nn::Softmin<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "Softmin.p07.large_values"});
  check_variant<nn::Softmin<nn::dim<4>>, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Softmin.p08.shape"});
  check_reference<nn::Softmin<>, Tensor<float, 1, 1>>({.vectors = "Softmin.p09.shape"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_everywhere<nn::Softmax<>, Tensor<float, 3, 131>>();
  check<nn::Softmin<nn::dim<0>>, Tensor<float, 5, 37>>();
  check_everywhere<nn::LogSoftmax<>, Tensor<float, 3, 17>>();
  check_variant<nn::LogSoftmax<>, Tensor<float, 37, 3>>();
  check_variant<nn::Softmin<>, Tensor<float, 19, 7>>();
  check_everywhere_in_double<nn::LogSoftmax<>, Tensor<float, 2, 5, 37>>();
  check_variant<nn::LogSoftmax<nn::dim<-2>>, Tensor<float, 7, 3, 1>>();
}

BOOST_AUTO_TEST_SUITE_END()
