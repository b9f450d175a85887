// Optimisers against the published formulas, in double.
#define BOOST_TEST_MODULE optim
#define BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

namespace {

using Layer = nn::Linear<37, 1, nn::bias<false>, nn::dtype<double>>;

/// Runs five steps with the same gradients and compares with `rule(value, gradient, step)`, per element.
template <class Optimizer, class Options, class Rule>
void check(Options options, Rule rule) {
  tenon::manual_seed(2);
  Layer layer;
  Optimizer optimizer{layer, options};
  std::vector<double> expected(layer.weight.data().begin(), layer.weight.data().end());
  for (int step = 1; step <= 5; ++step) {
    tenon::fill_uniform(layer.weight.grad(), 1.0);
    for (std::size_t i = 0; i < expected.size(); ++i) rule(i, expected[i], layer.weight.grad().data()[i], step);
    optimizer.step();
    for (std::size_t i = 0; i < expected.size(); ++i)
      BOOST_TEST(std::fabs(layer.weight.data().data()[i] - expected[i]) < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(sgd) {
  check<tenon::optim::SGD>(tenon::optim::SGDOptions{.lr = 0.1},
                           [](std::size_t, double& value, double grad, int) { value -= 0.1 * grad; });
}

BOOST_AUTO_TEST_CASE(sgd_with_momentum_and_weight_decay) {
  double velocity[37]{};
  check<tenon::optim::SGD>(tenon::optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01},
                           [&](std::size_t i, double& value, double grad, int) {
                             velocity[i] = 0.9 * velocity[i] + grad + 0.01 * value;
                             value -= 0.1 * velocity[i];
                           });
}

BOOST_AUTO_TEST_CASE(adam) {
  double mean[37]{}, square[37]{};
  check<tenon::optim::Adam>(tenon::optim::AdamOptions{.lr = 0.01, .weight_decay = 0.1},
                            [&](std::size_t i, double& value, double grad, int step) {
                              const double g = grad + 0.1 * value;
                              mean[i] = 0.9 * mean[i] + 0.1 * g;
                              square[i] = 0.999 * square[i] + 0.001 * g * g;
                              const double m = mean[i] / (1 - std::pow(0.9, step));
                              const double v = square[i] / (1 - std::pow(0.999, step));
                              value -= 0.01 * m / (std::sqrt(v) + 1e-8);
                            });
}

BOOST_AUTO_TEST_CASE(frozen_parameters_stay) {
  nn::Linear<3, 2> layer;
  layer.weight.requires_grad(false);
  tenon::optim::SGD optimizer{layer.parameters(), {.lr = 1}};
  const Tensor<float, 2, 3> weight = layer.weight.data();
  const Tensor<float, 2> bias = layer.bias.data();
  layer.weight.grad().fill(1);
  layer.bias.grad().fill(1);
  optimizer.step();
  BOOST_TEST(std::equal(weight.begin(), weight.end(), layer.weight.data().begin()));
  for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(layer.bias.data()(i) == bias(i) - 1);
  optimizer.zero_grad();
  BOOST_TEST(layer.bias.grad()(0) == 0);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_bits) {
  const auto train = [] {
    tenon::manual_seed(11);
    nn::Sequential<nn::Linear<7, 19>, nn::Tanh, nn::Dropout<>, nn::Linear<19, 3>> model;
    tenon::optim::Adam optimizer{model, {.lr = 0.01}};
    Tensor<float, 5, 7> x;
    tenon::fill_uniform(x, 1.0);
    for (int step = 0; step < 20; ++step) {
      model.zero_grad();
      nn::CrossEntropyLoss<>{}(model(nn::Variable{x}), Tensor<std::int64_t, 5>{}).backward();
      optimizer.step();
    }
    std::vector<float> bits;
    nn::for_each_parameter(
        model, [&](const std::string&, auto& p) { bits.insert(bits.end(), p.data().begin(), p.data().end()); });
    return bits;
  };
  const auto first = train(), second = train();
  BOOST_TEST((first == second));
}

}  // namespace
