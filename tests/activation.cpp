#define BOOST_TEST_MODULE activation
#define BOOST_TEST_DYN_LINK
#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(relu) {
  check<nn::ReLU, Tensor<float, 2, 3, 4, 5>>({.vectors = "ReLU.p01.table"});
  check<nn::ReLU, Tensor<float, 4>>({.vectors = "ReLU.p02.db_no_batch_dim"});
  check<nn::ReLU, Tensor<float, 2, 3, 3, 4, 5>>({.vectors = "ReLU.p03.db_channels_last_3d_mem_format"});
  check<nn::ReLU, Tensor<float, 7>>({.vectors = "ReLU.p05.shape"});
  check<nn::ReLU, Tensor<float, 3, 5>>({.vectors = "ReLU.p06.shape"});
  check<nn::ReLU, Tensor<float, 2, 3, 4>>({.vectors = "ReLU.p07.shape"});
  check<nn::ReLU, Tensor<float, 2, 3, 2, 5>>({.vectors = "ReLU.p08.shape"});
  check<nn::ReLU, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "ReLU.p09.on_kink", .gradients = false});
  check<nn::ReLU, Tensor<float, 1, 1>>({.vectors = "ReLU.p10.shape"});
}

BOOST_AUTO_TEST_CASE(tanh) {
  check<nn::Tanh, Tensor<float, 2, 3, 4, 5>>({.vectors = "Tanh.p01.table"});
  check<nn::Tanh, Tensor<float, 7>>({.vectors = "Tanh.p03.shape"});
  check<nn::Tanh, Tensor<float, 3, 5>>({.vectors = "Tanh.p04.shape"});
  check<nn::Tanh, Tensor<float, 2, 3, 4>>({.vectors = "Tanh.p05.shape"});
  check<nn::Tanh, Tensor<float, 2, 3, 2, 5>>({.vectors = "Tanh.p06.large_values"});
  check<nn::Tanh, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Tanh.p07.shape"});
  check<nn::Tanh, Tensor<float, 1, 1>>({.vectors = "Tanh.p08.shape"});
}

BOOST_AUTO_TEST_CASE(log_softmax) {
  check<nn::LogSoftmax<nn::dim<1>>, Tensor<float, 10, 20>>({.vectors = "LogSoftmax.p01.table"});
  check<nn::LogSoftmax<nn::dim<-1>>, Tensor<float, 2, 128>>({.vectors = "LogSoftmax.p02.softmax_lastdim"});
  check<nn::LogSoftmax<nn::dim<1>>, Tensor<float, 2, 2, 4, 4>>({.vectors = "LogSoftmax.p03.softmax_spatial"});
  check<nn::LogSoftmax<nn::dim<3>>, Tensor<float, 2, 3, 4, 5>>({.vectors = "LogSoftmax.p04.softmax_dim3"});
  check<nn::LogSoftmax<nn::dim<0>>, Tensor<float, 7>>({.vectors = "LogSoftmax.p06.shape"});
  check<nn::LogSoftmax<>, Tensor<float, 3, 5>>({.vectors = "LogSoftmax.p07.shape"});
  check<nn::LogSoftmax<nn::dim<2>>, Tensor<float, 2, 3, 4>>({.vectors = "LogSoftmax.p08.shape"});
  check<nn::LogSoftmax<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "LogSoftmax.p09.large_values"});
  check<nn::LogSoftmax<nn::dim<4>>, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "LogSoftmax.p10.shape"});
  check<nn::LogSoftmax<nn::dim<1>>, Tensor<float, 1, 1>>({.vectors = "LogSoftmax.p11.shape"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::ReLU, Tensor<float, 1>>();
  check<nn::ReLU, Tensor<float, 3, 37>>();
  check<nn::Tanh, Tensor<float, 131>>();
  check<nn::LogSoftmax<>, Tensor<float, 3, 17>>();
  check<nn::LogSoftmax<>, Tensor<float, 2, 5, 37>>();
  check<nn::LogSoftmax<nn::dim<-2>>, Tensor<float, 7, 3, 1>>();
}

}  // namespace
