#include <limits>

#include "far_from_zero.hpp"
#include "tables/normalization.hpp"

using namespace tenon_test;

namespace {

// Two batches move the running statistics, which then normalise a third.
template <class Layer, class X>
void check_train_twice_then_eval(const char* vectors) {
  const auto dict = load_vectors(vectors);
  Layer layer;
  layer.load_state_dict(dict.subset("f32.param."), {.strict = false});
  layer.load_state_dict(dict.subset("f32.buf_before."), {.strict = false});
  const nn::Variable x{dict.get<X>("f32.in.input"), nn::requires_grad};
  (void)layer(x);
  (void)layer(dict.get<X>("f32.in.input2"));
  layer.eval();
  const auto y = layer(x);
  compare("output", y.data(), numbers(dict["f64.out.output"]), 1e-5, 1e-5);
  compare("running_mean", layer.running_mean.data(), numbers(dict["f64.buf_after.running_mean"]), 1e-5, 1e-5);
  compare("running_var", layer.running_var.data(), numbers(dict["f64.buf_after.running_var"]), 1e-5, 1e-5);
  y.backward(X::from(numbers(dict["f32.gout.output"])));
  compare("gradient of input", x.grad(), numbers(dict["f64.gin.input"]), 1e-4, 2e-5);
  compare("gradient of weight", layer.weight.grad(), numbers(dict["f64.gparam.weight"]), 1e-4, 2e-5);
  compare("gradient of bias", layer.bias.grad(), numbers(dict["f64.gparam.bias"]), 1e-4, 2e-5);
}
BOOST_AUTO_TEST_CASE(train_twice_then_eval) {
  check_train_twice_then_eval<nn::BatchNorm1d<2, nn::eps<0.001>, nn::momentum<0.25>>, Tensor<float, 4, 2, 3>>(
      "BatchNorm1d.p09.train_twice_then_eval");
  check_train_twice_then_eval<nn::BatchNorm2d<1, nn::eps<0.001>, nn::momentum<0.5>>, Tensor<float, 2, 1, 4, 4>>(
      "BatchNorm2d.p10.train_twice_then_eval");
  check_train_twice_then_eval<nn::BatchNorm3d<3, nn::momentum<0.5>, nn::eps<0.1>>, Tensor<float, 3, 3, 1, 2, 2>>(
      "BatchNorm3d.p10.train_twice_then_eval");
}

BOOST_AUTO_TEST_CASE(one_value_per_channel_has_no_variance) {
  nn::BatchNorm2d<2> layer;
  const auto check_throws = [&](auto x) {
    BOOST_CHECK_THROW(layer(x), tenon::Error);
    BOOST_TEST(layer.running_mean.data()(0) == 0);
    BOOST_TEST(layer.running_var.data()(0) == 1);
    layer.eval();
    BOOST_CHECK_NO_THROW(layer(x));
  };
  check_throws(Tensor<float, 1, 2, 1, 1>{});
  nn::BatchNorm1d<2> flat;
  BOOST_CHECK_THROW(flat(Tensor<float, 1, 2>{}), tenon::Error);

  nn::InstanceNorm2d<2, nn::track_running_stats<true>> of_samples;
  const auto x = Tensor<float, 2, 2, 1, 1>::from({1, 2, 3, 4});
  BOOST_CHECK_THROW(of_samples(x), tenon::Error);
  BOOST_TEST(of_samples.running_mean.data()(0) == 0);
  BOOST_TEST(of_samples.running_var.data()(0) == 1);
  of_samples.running_mean.data().fill(1);
  of_samples.running_var.data().fill(4);
  of_samples.eval();
  const auto y = of_samples(x);
  BOOST_TEST(std::abs(y(1, 1, 0, 0) - 1.5f) < 1e-5f);
  BOOST_TEST(std::abs(tenon::compile<Tensor<float, 2, 2, 1, 1>>(of_samples)(x)(1, 0, 0, 0) - 1.0f) < 1e-5f);
}

// Far from zero, variances are sums of small distances, not differences of large sums: the float layer agrees with one
// in double on the same numbers.
template <class Layer, class X>
void check_large_mean() {
  Layer layer;
  auto precise = layer.template to<double>();
  auto x = random_argument<X>(1);
  for (float& element : x) element = element + 1e4f;
  using Precise = tenon::tensor_of_t<double, tenon::shape_of_t<X>>;
  const nn::Variable v{x, nn::requires_grad};
  const nn::Variable w{Precise::from(x), nn::requires_grad};
  const auto y = layer(v);
  const auto z = precise(w);
  compare("output", y.data(), numbers(z.data()), 0, 2e-3);  // elements are multiples of 1e-3
  compare("running_mean", layer.running_mean.data(), numbers(precise.running_mean.data()), 1e-6, 0);
  compare("running_var", layer.running_var.data(), numbers(precise.running_var.data()), 1e-5, 0);
  const auto g = random_argument<X>(1);
  y.backward(g);
  z.backward(Precise::from(g));
  compare("gradient", v.grad(), numbers(w.grad()), 1e-3, 2e-3);
}
BOOST_AUTO_TEST_CASE(large_mean) {
  check_large_mean<nn::BatchNorm1d<19>, Tensor<float, 301, 19>>();
  check_large_mean<nn::BatchNorm2d<2>, Tensor<float, 4, 2, 29, 31>>();
}

// The mean is not rounded before it is subtracted: that would be a tenth of a deviation.
BOOST_AUTO_TEST_CASE(far_from_zero) {
  for (const double mean : {1e4, -1e4}) {
    check_far_from_zero<nn::BatchNorm1d<19>, Tensor<float, 37, 19>>(mean, 0.006);
    check_far_from_zero<nn::BatchNorm1d<5, nn::affine<false>>, Tensor<float, 301, 5>>(mean, 0.006);
    check_far_from_zero<nn::BatchNorm1d<3>, Tensor<float, 4, 3, 67>>(mean, 0.006);
    check_far_from_zero<nn::BatchNorm2d<2>, Tensor<float, 4, 2, 29, 31>>(mean, 0.006);
    check_far_from_zero<nn::BatchNorm2d<2, nn::affine<false>>, Tensor<float, 1, 2, 7, 5>>(mean, 0.006);
    check_far_from_zero<nn::BatchNorm3d<3>, Tensor<float, 2, 3, 3, 5, 7>>(mean, 0.006);
  }
  check_far_from_zero<nn::BatchNorm2d<2>, Tensor<float, 4, 2, 9, 9>>(1e5, 0.05);
  check_far_from_zero<nn::BatchNorm1d<19, nn::eps<0>>, Tensor<float, 37, 19>>(3e6, 1);
  for (const double mean : {1e4, -1e5}) {
    check_far_from_zero<nn::BatchNorm1d<19>, Tensor<float, 37, 19>>(mean, 0.05, false);
    check_far_from_zero<nn::BatchNorm2d<17, nn::affine<false>>, Tensor<float, 2, 17, 3, 5>>(mean, 0.05, false);
  }
}

// A bias and a mean that cancel do so before they are scaled, in what is folded into the convolution too.
BOOST_AUTO_TEST_CASE(large_bias_before_large_mean) {
  tenon::manual_seed(5);
  nn::Sequential<nn::Conv2d<3, 17, nn::kernel_size<3>>, nn::BatchNorm2d<17, nn::eps<0>>> model;
  using X = Tensor<float, 1, 3, 6, 6>;
  const auto x = random_argument<X>(1, -0.006, 0.006);
  auto& convolution = model[std::integral_constant<std::size_t, 0>{}];
  auto& norm = model[std::integral_constant<std::size_t, 1>{}];
  for (float& bias : convolution.bias.data()) bias += 1e4f;
  norm.running_mean.data().fill(1e4f);
  norm.running_var.data().fill(3.6e-5f);
  model.eval();
  // The convolution's own result is a multiple of 1e-3: in double.
  const auto wanted = model.to<double>()(in_double<X>::from(x));
  BOOST_TEST(largest_difference(tenon::compile<X>(model)(x), wanted) < 2e-3);  // of about 200
}

// Without an eps, what does not vary is 0, and not 0 / 0.
BOOST_AUTO_TEST_CASE(without_variance) {
  for (const bool training : {true, false}) {
    check_without_variance<nn::BatchNorm1d<3, nn::eps<0>>, Tensor<float, 7, 3>>(training);
    check_without_variance<nn::BatchNorm1d<3, nn::eps<0>, nn::affine<false>>, Tensor<float, 7, 3, 11>>(training);
    check_without_variance<nn::BatchNorm2d<17, nn::eps<0>>, Tensor<float, 3, 17, 5, 7>>(training);
    check_without_variance<nn::BatchNorm2d<2, nn::eps<0>>, Tensor<float, 300, 2, 3, 3>>(training);
    check_without_variance<nn::BatchNorm3d<2, nn::eps<0>>, Tensor<float, 3, 2, 2, 3, 5>>(training);
    check_without_variance<nn::BatchNorm2d<2, nn::eps<0>, nn::dtype<double>>, Tensor<double, 3, 2, 3, 5>>(training);
  }
}
BOOST_AUTO_TEST_CASE(without_variance_behind_convolution) {
  using Norm = nn::BatchNorm2d<5, nn::eps<0>>;
  Norm norm;
  norm.running_var.data().fill(0);
  tenon::fill_uniform(norm.bias.data(), 1);
  auto model = behind_convolution<Norm, 5>(norm);
  model.eval();
  const auto x = random_argument<Tensor<float, 2, 5, 4, 3>>(1);
  const auto y = tenon::compile<Tensor<float, 2, 5, 4, 3>>(model)(x);
  for (index_t c = 0; c < 5; ++c) BOOST_TEST(y(1, c, 2, 1) == norm.bias.data()(c));
  BOOST_TEST(largest_difference(model(x), y) == 0);
}

#if !__FINITE_MATH_ONLY__  // -ffast-math, which knows neither
// A NaN or an infinity spoils its channel; in evaluation mode, when statistics are fixed, only its own place.
template <class Layer, class X>
void check_spoiled(float value) {
  constexpr std::size_t place = 2, inner = tenon::shape_of_t<X>::size / tenon::shape_of_t<X>::dims[0] / 3;
  const auto channel_of = [](std::size_t i) { return i / inner % 3; };
  const auto x = [&] {
    auto tensor = random_argument<X>(1);
    tensor.data()[place] = value;
    return nn::Variable{tensor, nn::requires_grad};
  }();
  Layer layer;
  const auto y = layer(x);
  for (std::size_t i = 0; i < X::size(); ++i)
    BOOST_TEST(std::isnan(y.data().data()[i]) == (channel_of(i) == channel_of(place)));
  for (std::size_t c = 0; c < 3; ++c)
    BOOST_TEST(std::isfinite(layer.running_mean.data().data()[c]) == (c != channel_of(place)));
  layer.reset_parameters();
  layer.eval();
  const auto z = layer(x);
  z.backward(x.data());
  for (std::size_t i = 0; i < X::size(); ++i) {
    BOOST_TEST(std::isfinite(z.data().data()[i]) == (i != place));
    BOOST_TEST(std::isfinite(x.grad().data()[i]) == (i != place));
  }
}
BOOST_AUTO_TEST_CASE(nan_and_infinity) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    check_spoiled<nn::BatchNorm2d<3>, Tensor<float, 2, 3, 3, 7>>(value);
    check_spoiled<nn::BatchNorm1d<3>, Tensor<float, 4, 3>>(value);
  }
}
#endif

}  // namespace
