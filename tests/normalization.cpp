#define BOOST_TEST_MODULE normalization
#define BOOST_TEST_DYN_LINK
#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(batch_norm2d) {
  check<nn::BatchNorm2d<3, nn::affine<true>, nn::eps<1e-05>>, Tensor<float, 2, 3, 6, 6>>(
      {.vectors = "BatchNorm2d.p01.table"});
  check<nn::BatchNorm2d<3, nn::eps<0.001>, nn::dtype<float>, nn::affine<false>, nn::momentum<0.8>>,
        Tensor<float, 2, 3, 6, 6>>({.vectors = "BatchNorm2d.p02.not_affine"});
  check<nn::BatchNorm2d<3, nn::eps<1e-05>, nn::affine<true>, nn::momentum<0.1>>, Tensor<float, 2, 3, 6, 6>>(
      {.vectors = "BatchNorm2d.p03.db_0", .eval = true});
  check<nn::BatchNorm2d<2, nn::eps<1e-05>, nn::affine<true>>, Tensor<float, 2, 2, 3, 4>>(
      {.vectors = "BatchNorm2d.p04.train"});
  check<nn::BatchNorm2d<1, nn::momentum<0.25>>, Tensor<float, 3, 1, 1, 1>>({.vectors = "BatchNorm2d.p05.train"});
  check<nn::BatchNorm2d<1, nn::affine<false>, nn::momentum<0.25>, nn::eps<0.1>>, Tensor<float, 3, 1, 4, 3>>(
      {.vectors = "BatchNorm2d.p06.train"});
  check<nn::BatchNorm2d<5, nn::eps<0.1>, nn::affine<true>, nn::dtype<float>>, Tensor<float, 2, 5, 4, 4>>(
      {.vectors = "BatchNorm2d.p07.eval", .eval = true});
  check<nn::BatchNorm2d<1>, Tensor<float, 4, 1, 2, 2>>({.vectors = "BatchNorm2d.p08.eval", .eval = true});
  check<nn::BatchNorm2d<4, nn::eps<0.001>, nn::affine<false>, nn::dtype<float>, nn::momentum<0.9>>,
        Tensor<float, 3, 4, 1, 1>>({.vectors = "BatchNorm2d.p09.eval", .eval = true});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::BatchNorm2d<1>, Tensor<float, 2, 1, 1, 1>>();
  check<nn::BatchNorm2d<17>, Tensor<float, 3, 17, 5, 7>>();
  check<nn::BatchNorm2d<17>, Tensor<float, 3, 17, 5, 7>>({.eval = true});
  check<nn::BatchNorm2d<3, nn::affine<false>>, Tensor<float, 1, 3, 1, 37>>();
}

// Two batches move the running statistics, which then normalise a third.
BOOST_AUTO_TEST_CASE(train_twice_then_eval) {
  const auto dict = load_vectors("BatchNorm2d.p10.train_twice_then_eval");
  nn::BatchNorm2d<1, nn::eps<0.001>, nn::momentum<0.5>> layer;
  layer.load_state_dict(dict.subset("f32.param."), {.strict = false});
  layer.load_state_dict(dict.subset("f32.buf_before."), {.strict = false});
  const auto x = dict.get<Tensor<float, 2, 1, 4, 4>>("f32.in.input");
  (void)layer(x);
  (void)layer(dict.get<Tensor<float, 2, 1, 4, 4>>("f32.in.input2"));
  layer.eval();
  compare("output", layer(x), numbers(dict["f64.out.output"]), 1e-5, 1e-5);
  compare("running_mean", layer.running_mean.data(), numbers(dict["f64.buf_after.running_mean"]), 1e-5, 1e-5);
  compare("running_var", layer.running_var.data(), numbers(dict["f64.buf_after.running_var"]), 1e-5, 1e-5);
}

BOOST_AUTO_TEST_CASE(one_value_per_channel_has_no_variance) {
  nn::BatchNorm2d<2> layer;
  BOOST_CHECK_THROW(layer(Tensor<float, 1, 2, 1, 1>{}), tenon::Error);
  layer.eval();
  BOOST_CHECK_NO_THROW(layer(Tensor<float, 1, 2, 1, 1>{}));
}

}  // namespace
