// The optimisers' further options, and schedules of the learning rate, against the numbers of PyTorch 1.13.
#include <boost/test/unit_test.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/optim/rmsprop.hpp>
#include <tenon/optim/schedulers.hpp>
#include <tenon/optim/sgd.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace optim = tenon::optim;
using tenon::Tensor;
using list = std::vector<double>;

void compare(const list& found, const list& wanted) {
  BOOST_TEST_REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    BOOST_TEST(std::abs(found[i] - wanted[i]) <= 1e-12 + 1e-12 * std::abs(wanted[i]),
               "element " << i << ": " << found[i] << ", wanted " << wanted[i]);
}

// ---- optimisers

using Numbers = Tensor<double, 1, 3>;
using Layer = nn::Linear<3, 1, nn::bias<false>, nn::dtype<double>>;

/// Four steps of a parameter, 0.5, -1, 2.
template <class Optimizer>
list steps(auto options) {
  Layer layer;
  layer.weight.data() = Numbers::from({0.5, -1, 2});
  Optimizer optimizer{layer, options};
  for (const auto& gradient : {Numbers::from({0.1, -0.2, 0.3}), Numbers::from({0.2, 0.1, -0.4}),
                               Numbers::from({-0.3, 0.5, 0.25}), Numbers::from({0.05, -0.6, 0.7})}) {
    layer.weight.grad() = gradient;
    optimizer.step();
  }
  const auto& result = layer.weight.data();
  return {result.begin(), result.end()};
}

BOOST_AUTO_TEST_CASE(sgd) {
  using Options = optim::SGDOptions;
  compare(steps<optim::SGD>(Options{.lr = 0.1, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.05}),
          {0.4461910972859375, -0.938491623321875, 1.8178681159649999});
  compare(steps<optim::SGD>(Options{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.05, .nesterov = true}),
          {0.4336336592689063, -0.9147318922878125, 1.6956613701105});
  Layer layer;
  BOOST_CHECK_THROW((optim::SGD{layer, {.nesterov = true}}), tenon::Error);
  BOOST_CHECK_THROW((optim::SGD{layer, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}}), tenon::Error);
}

BOOST_AUTO_TEST_CASE(adamw) {
  using Options = optim::AdamWOptions;
  compare(steps<optim::AdamW>(Options{.lr = 0.1, .betas = {0.8, 0.95}, .eps = 1e-4, .weight_decay = 0.2}),
          {0.2893046182689808, -0.8448546047309732, 1.7002304393126815});
  compare(steps<optim::AdamW>(Options{}), {0.4980585122232683, -0.999039252900809, 1.998429509080458});
}

BOOST_AUTO_TEST_CASE(rmsprop) {
  using Options = optim::RMSpropOptions;
  compare(steps<optim::RMSprop>(Options{.lr = 0.05, .alpha = 0.9, .eps = 1e-3, .weight_decay = 0.1}),
          {0.29126325490882504, -0.853026080689071, 1.674891082734835});
  compare(steps<optim::RMSprop>(Options{.lr = 0.05, .alpha = 0.9, .momentum = 0.7}),
          {-0.015679506819353175, -0.8896509567742175, 1.625973027797683});
  compare(steps<optim::RMSprop>(Options{.lr = 0.05, .alpha = 0.9, .eps = 1e-3, .momentum = 0.7, .centered = true}),
          {-0.05086327240662337, -0.880367137814457, 1.602745307174457});
}

// ---- schedules

/// The learning rates from the beginning on, of an SGD whose own is 0.1.
template <template <class> class Schedule, class Options>
list rates(const Options& options, int steps) {
  Layer layer;
  optim::SGD optimizer{layer, {.lr = 0.1}};
  Schedule<optim::SGD> schedule{optimizer, options};
  list found{optimizer.options().lr};
  for (int i = 0; i < steps; ++i) {
    optimizer.step();
    schedule.step();
    found.push_back(optimizer.options().lr);
  }
  return found;
}

BOOST_AUTO_TEST_CASE(functions_of_the_step) {
  compare(rates<optim::StepLR>(optim::StepLROptions{.step_size = 3, .gamma = 0.5}, 8),
          {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025});
  compare(rates<optim::CosineAnnealingLR>(optim::CosineAnnealingLROptions{.T_max = 5, .eta_min = 0.01}, 9),
          {0.1, 0.09140576474687263, 0.06890576474687263, 0.04109423525312736, 0.018594235253127367, 0.01,
           0.018594235253127367, 0.04109423525312739, 0.06890576474687267, 0.09140576474687269});
  compare(rates<optim::LinearLR>(optim::LinearLROptions{.start_factor = 0.25, .total_iters = 4}, 6),
          {0.025, 0.04375, 0.0625, 0.08125, 0.1, 0.1, 0.1});
}

BOOST_AUTO_TEST_CASE(one_cycle) {
  compare(rates<optim::OneCycleLR>(optim::OneCycleLROptions{.max_lr = 0.4, .total_steps = 9}, 8),
          {0.016, 0.26054329409383997, 0.39776617418036475, 0.35942666373857873, 0.2822578915964399,
           0.18505484106679002, 0.09149198126385924, 0.02435718790321297, 1.6e-06});
  compare(rates<optim::OneCycleLR>(optim::OneCycleLROptions{.max_lr = 0.4,
                                                            .total_steps = 9,
                                                            .pct_start = 0.5,
                                                            .anneal_strategy = optim::Anneal::linear,
                                                            .div_factor = 10,
                                                            .final_div_factor = 100},
                                   8),
          {0.04, 0.14285714285714288, 0.24571428571428575, 0.3485714285714286, 0.3556, 0.2668, 0.178, 0.0892, 0.0004});
  Layer layer;
  optim::Adam adam{layer, {}};
  optim::OneCycleLR schedule{adam, {.max_lr = 0.1, .total_steps = 10}};
  BOOST_TEST(adam.options().betas[0] == 0.95);
  for (int i = 0; i < 10; ++i) schedule.step();
  BOOST_CHECK_THROW(schedule.step(), tenon::Error);
}

BOOST_AUTO_TEST_CASE(plateau) {
  Layer layer;
  optim::SGD optimizer{layer, {.lr = 0.1}};
  optim::ReduceLROnPlateau schedule{optimizer, {.patience = 2, .cooldown = 1}};
  list found{optimizer.options().lr};
  for (const double loss : {1.0, 0.9, 0.9, 0.91, 0.92, 0.95, 0.95, 0.9, 0.95, 0.8, 0.8, 0.8}) {
    schedule.step(loss);
    found.push_back(optimizer.options().lr);
  }
  compare(found, {0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001});
}

BOOST_AUTO_TEST_CASE(wrong_options) {
  Layer layer;
  optim::SGD optimizer{layer, {}};
  BOOST_CHECK_THROW((optim::StepLR{optimizer, {.step_size = 0}}), tenon::Error);
  BOOST_CHECK_THROW((optim::CosineAnnealingLR{optimizer, {.T_max = 0}}), tenon::Error);
  BOOST_CHECK_THROW((optim::ReduceLROnPlateau{optimizer, {.factor = 1}}), tenon::Error);
}

}  // namespace
