// Optimisers against the published formulas, written out plainly in double.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/dropout.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <tenon/nn/sequential.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/optim/sgd.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace optim = tenon::optim;
using namespace tenon::literals;
using tenon::Tensor;
using list = std::vector<double>;

// ---- the formulas

/// torch.optim.SGD (Sutskever et al., 2013, as PyTorch has it).
struct Sgd {
  double lr, momentum, decay;
  list velocity{};

  void step(list& value, const list& grad) {
    velocity.resize(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      velocity[i] = momentum * velocity[i] + grad[i] + decay * value[i];
      value[i] -= lr * velocity[i];
    }
  }
};

/// Algorithm 1 of Kingma and Ba (2015), the decay as an L2 penalty.
struct AdamAlgorithm {
  double lr, beta1, beta2, eps, decay;
  int t = 0;
  list m{}, v{};

  void step(list& value, const list& grad) {
    m.resize(value.size());
    v.resize(value.size());
    ++t;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const double g = grad[i] + decay * value[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      const double mean = m[i] / (1 - std::pow(beta1, t)), square = v[i] / (1 - std::pow(beta2, t));
      value[i] -= lr * mean / (std::sqrt(square) + eps);
    }
  }
};

// ---- the comparison

// 21 and 3 elements: with and without a whole vector, and a rest.
template <class T>
using Layer = nn::Linear<7, 3, nn::dtype<T>>;

list numbers(const auto& tensor) { return {tensor.begin(), tensor.end()}; }
double difference(const auto& tensor, const list& wanted) {
  double largest = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(tensor.data()[i]) - wanted[i]));
  return largest;
}

/// Some steps of `optimizer` on random gradients beside those of `formula`, per parameter; the largest difference.
template <class T, class Optimizer, class Formula>
double error_of_steps(Layer<T>& layer, Optimizer& optimizer, const Formula& formula) {
  Formula of_weight = formula, of_bias = formula;
  list weight = numbers(layer.weight.data()), bias = numbers(layer.bias.data());
  const list start = weight;
  for (int step = 0; step < 12; ++step) {
    layer.zero_grad();
    tenon::fill_uniform(layer.weight.grad(), 1.0);
    tenon::fill_uniform(layer.bias.grad(), 0.01);
    of_weight.step(weight, numbers(layer.weight.grad()));
    of_bias.step(bias, numbers(layer.bias.grad()));
    optimizer.step();
  }
  BOOST_TEST(difference(layer.weight.data(), start) > 1e-3);  // there was something to compare
  return std::max(difference(layer.weight.data(), weight), difference(layer.bias.data(), bias));
}

using types = std::tuple<float, double>;
template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 2e-6 : 1e-13;

BOOST_AUTO_TEST_CASE_TEMPLATE(sgd, T, types) {
  for (const double momentum : {0.0, 0.9})
    for (const double decay : {0.0, 0.1}) {
      tenon::manual_seed(1);
      Layer<T> layer;
      optim::SGD optimizer{layer, {.lr = 0.05, .momentum = momentum, .weight_decay = decay}};
      BOOST_TEST(error_of_steps<T>(layer, optimizer, Sgd{0.05, momentum, decay}) < tolerance<T>,
                 "momentum " << momentum << ", weight decay " << decay);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(adam, T, types) {
  for (const double decay : {0.0, 0.1}) {
    tenon::manual_seed(2);
    Layer<T> layer, defaults;
    optim::Adam optimizer{layer, {.lr = 0.02, .betas = {0.8, 0.95}, .eps = 1e-4, .weight_decay = decay}};
    BOOST_TEST(error_of_steps<T>(layer, optimizer, AdamAlgorithm{0.02, 0.8, 0.95, 1e-4, decay}) < tolerance<T>,
               "weight decay " << decay);
    optim::Adam with_defaults{defaults, {.weight_decay = decay}};
    BOOST_TEST(error_of_steps<T>(defaults, with_defaults, AdamAlgorithm{1e-3, 0.9, 0.999, 1e-8, decay}) < tolerance<T>);
  }
}

// ---- what is moved

using Net = nn::Sequential<Layer<float>, nn::Tanh, nn::Linear<3, 2>>;

void fill_gradients(Net& model) {
  nn::for_each_parameter(model, [](const std::string&, auto& parameter) { parameter.grad().fill(1); });
}

BOOST_AUTO_TEST_CASE(parameters_as_source) {
  Net model, same = model;
  optim::Adam of_model{same, {.lr = 0.1}}, of_parameters{model.parameters(), {.lr = 0.1}};
  const auto before = same[2_c].bias.data();
  for (int step = 0; step < 2; ++step) {
    fill_gradients(model);
    fill_gradients(same);
    of_model.step();
    of_parameters.step();
  }
  BOOST_TEST((model.state_dict()["2.bias"].get<Tensor<float, 2>>()(1)) != before(1));
  for (const auto& [name, tensor] : model.state_dict())
    BOOST_TEST(std::ranges::equal(tensor.bytes(), same.state_dict()[name].bytes()), name);
  // Some of the parameters: the others stay.
  const auto weight = model[0_c].weight.data();
  optim::SGD of_last{model[2_c].parameters(), {.lr = 1}};
  const auto bias = model[2_c].bias.data();
  fill_gradients(model);
  of_last.step();
  BOOST_TEST(difference(model[0_c].weight.data(), numbers(weight)) == 0);
  BOOST_TEST(model[2_c].bias.data()(0) == bias(0) - 1);
}

struct Forgetful : nn::Module<Forgetful> {
  nn::Linear<2, 2> linear;
};

BOOST_AUTO_TEST_CASE(nothing_to_move_is_an_error) {
  Forgetful model;
  const auto names_the_macro = [](const tenon::Error& error) {
    return std::string_view(error.what()).find("BOOST_HANA_DEFINE_STRUCT") != std::string_view::npos;
  };
  BOOST_CHECK_EXCEPTION((optim::SGD{model, {.lr = 1}}), tenon::Error, names_the_macro);
  BOOST_CHECK_EXCEPTION((optim::Adam{model.parameters(), {.lr = 1}}), tenon::Error, names_the_macro);
}

BOOST_AUTO_TEST_CASE(frozen_parameters_are_left_alone) {
  Net model;
  optim::SGD sgd{model, {.lr = 1, .momentum = 0.9, .weight_decay = 0.5}};
  optim::Adam adam{model, {.lr = 1, .weight_decay = 0.5}};
  model[0_c].weight.requires_grad(false);
  const auto weight = model[0_c].weight.data();
  const auto bias = model[0_c].bias.data();
  fill_gradients(model);
  for (int step = 0; step < 2; ++step) {
    sgd.step();
    adam.step();
    BOOST_TEST(difference(model[0_c].weight.data(), numbers(weight)) == 0);
    BOOST_TEST(difference(model[0_c].bias.data(), numbers(bias)) > 0.1);
    sgd.zero_grad();
  }
}

// ---- zeroed gradients, and those that were only looked at

using Scalar = nn::Linear<1, 1, nn::bias<false>>;
using One = Tensor<float, 1, 1>;

One one(float value) {
  One tensor;
  tensor(0, 0) = value;
  return tensor;
}
Scalar scalar_layer() {
  Scalar m;
  m.weight.data() = one(1);
  return m;
}
/// Adds `value` to the gradient of the weight.
void backward(Scalar& m, float value) { m(nn::Variable{one(1)}).backward(one(value)); }

/// All the ways to look at a gradient.
void look(Scalar& m) {
  BOOST_TEST(m.weight.grad()(0, 0) == m.weight.grad()(0, 0));
  BOOST_TEST(std::as_const(m).weight.grad()(0, 0) == m.weight.grad().data()[0]);
}

// PyTorch 1.13.1: torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.1) with w = 1 and the gradient 2.
BOOST_AUTO_TEST_CASE(a_zeroed_gradient_is_one_of_zero_and_looking_at_it_changes_nothing) {
  for (int looks = 0; looks < 32; ++looks) {
    Scalar m = scalar_layer();
    const auto maybe_look = [&](int when) {
      if (looks & 1 << when) look(m);
    };
    maybe_look(0);
    optim::SGD optimizer{m, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1}};
    maybe_look(1);
    backward(m, 2);
    maybe_look(2);
    optimizer.step();
    BOOST_TEST(m.weight.data()(0, 0) == 0.79f, boost::test_tools::tolerance(1e-6f));
    maybe_look(3);
    if (looks & 1)
      optimizer.zero_grad();
    else
      m.zero_grad();
    maybe_look(4);
    optimizer.step();
    BOOST_TEST(m.weight.data()(0, 0) == 0.5931f, boost::test_tools::tolerance(1e-6f));
    backward(m, 2);  // and it begins anew
    BOOST_TEST(m.weight.grad()(0, 0) == 2);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(adam_goes_on_after_zero_grad, T, types) {
  for (const bool looks : {false, true}) {
    Layer<T> layer;
    optim::Adam optimizer{layer, {.lr = 0.02, .weight_decay = 0.1}};
    AdamAlgorithm formula{0.02, 0.9, 0.999, 1e-8, 0.1};
    list bias = numbers(layer.bias.data());
    const list gradient{1, -2, 3}, zero{0, 0, 0};
    for (const bool zeroed : {false, true, true, false, true}) {
      layer.zero_grad();
      if (looks) BOOST_TEST(difference(std::as_const(layer).bias.grad(), zero) == 0);
      if (!zeroed) layer.bias.grad() = Tensor<T, 3>::from(gradient);
      formula.step(bias, zeroed ? zero : gradient);
      optimizer.step();
      BOOST_TEST(difference(layer.bias.data(), bias) < tolerance<T>);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_parameter_that_never_had_a_gradient_is_left_alone) {
  Scalar m = scalar_layer();
  optim::SGD sgd{m, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1}};
  optim::Adam adam{m, {.lr = 0.1, .weight_decay = 0.1}};
  const auto step = [&] {
    sgd.step();
    adam.step();
  };
  step();
  look(m);
  step();
  sgd.zero_grad();
  look(m);
  step();
  Scalar copy = m;
  optim::SGD of_copy{copy, {.lr = 0.1, .weight_decay = 0.1}};
  of_copy.step();
  BOOST_TEST(m.weight.data()(0, 0) == 1);
  BOOST_TEST(copy.weight.data()(0, 0) == 1);
}

BOOST_AUTO_TEST_CASE(a_gradient_that_was_written_counts) {
  const auto moved = [](auto&& write) {
    Scalar m = scalar_layer();
    optim::SGD optimizer{m, {.lr = 1, .weight_decay = 0.5}};
    write(m.weight);
    optimizer.step();
    return m.weight.data()(0, 0);
  };
  BOOST_TEST(moved([](auto&) {}) == 1);
  BOOST_TEST(moved([](auto& weight) { weight.grad() = one(2); }) == -1.5f);
  BOOST_TEST(moved([](auto& weight) { weight.grad()(0, 0) = 2; }) == -1.5f);
  BOOST_TEST(moved([](auto& weight) { weight.grad() += one(2); }) == -1.5f);
  BOOST_TEST(moved([](auto& weight) {
               weight.grad() = one(2);
               weight.zero_grad();
             }) == 0.5f);
  // Zeros that were written are a gradient too.
  BOOST_TEST(moved([](auto& weight) { weight.grad() = One{}; }) == 0.5f);
  BOOST_TEST(moved([](auto& weight) { weight.grad().fill(0); }) == 0.5f);
  BOOST_TEST(moved([](auto& weight) { weight.grad()(0, 0) = 0; }) == 0.5f);

  // A reference stays the gradient.
  Scalar m = scalar_layer();
  optim::SGD optimizer{m, {.lr = 1}};
  One& gradient = m.weight.grad();
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    BOOST_TEST(gradient(0, 0) == 0);
    gradient.fill(0.25f);
    optimizer.step();
  }
  BOOST_TEST(m.weight.data()(0, 0) == 0.25f);
}

BOOST_AUTO_TEST_CASE(a_copy_has_had_a_gradient_if_the_original_has) {
  Scalar m = scalar_layer();
  backward(m, 2);
  Scalar with_gradient = m, assigned = scalar_layer();
  assigned = m;
  m.zero_grad();
  Scalar zeroed = m;
  for (const auto& [model, wanted] : {std::pair{&with_gradient, -1.5f}, {&assigned, -1.5f}, {&zeroed, 0.5f}}) {
    optim::SGD{*model, {.lr = 1, .weight_decay = 0.5}}.step();
    BOOST_TEST(model->weight.data()(0, 0) == wanted);
  }
  zeroed = scalar_layer();  // which never had one
  optim::SGD{zeroed, {.lr = 1, .weight_decay = 0.5}}.step();
  BOOST_TEST(zeroed.weight.data()(0, 0) == 1);
}

// The correction of Adam's means counts a parameter's own steps: the first one has the length lr.
BOOST_AUTO_TEST_CASE(adam_counts_the_steps_of_each_parameter) {
  Net model;
  optim::Adam adam{model, {.lr = 0.25, .eps = 0}};
  const auto& late = model[2_c].bias;
  const auto before = late.data();
  for (int step = 0; step < 5; ++step) {
    model.zero_grad();
    model[0_c].bias.grad().fill(1);
    adam.step();
  }
  BOOST_TEST(difference(late.data(), numbers(before)) == 0);
  fill_gradients(model);
  adam.step();
  BOOST_TEST(late.data()(0) == before(0) - 0.25f, boost::test_tools::tolerance(1e-5f));
}

BOOST_AUTO_TEST_CASE(options_can_be_changed_between_steps) {
  Layer<float> layer;
  optim::SGD optimizer{layer, {.lr = 1}};
  const float before = layer.bias.data()(0);
  layer.bias.grad().fill(1);
  optimizer.options().lr = 0.125;
  optimizer.step();
  BOOST_TEST(layer.bias.data()(0) == before - 0.125f);
}

// ---- training

template <class Optimizer>
std::pair<tenon::StateDict, std::pair<float, float>> trained(std::uint64_t seed) {
  tenon::manual_seed(seed);
  nn::Sequential<nn::Linear<7, 16>, nn::Tanh, nn::Dropout<nn::p<0.1>>, nn::Linear<16, 2>> model;
  Tensor<float, 9, 7> x;
  Tensor<float, 9, 2> target;
  tenon::fill_uniform(x, 1.0);
  tenon::fill_uniform(target, 1.0);
  Optimizer optimizer{model, {.lr = 0.02, .weight_decay = 1e-4}};
  const nn::MSELoss<> criterion;
  const auto evaluate = [&] {
    model.eval();
    const float value = criterion(model(x), target)();
    model.train();
    return value;
  };
  const float before = evaluate();
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    criterion(model(nn::Variable{x}), target).backward();
    optimizer.step();
  }
  return {model.state_dict(), {before, evaluate()}};
}

using optimizers = std::tuple<optim::SGD, optim::Adam>;
BOOST_AUTO_TEST_CASE_TEMPLATE(the_same_seed_gives_the_same_weights, Optimizer, optimizers) {
  const auto [first, losses] = trained<Optimizer>(5);
  const auto [second, same_losses] = trained<Optimizer>(5);
  const auto [other, other_losses] = trained<Optimizer>(6);
  BOOST_TEST(losses.second < 0.8f * losses.first);  // it learns
  std::size_t differ = 0;
  for (const auto& [name, tensor] : first) {
    BOOST_TEST(std::ranges::equal(tensor.bytes(), second[name].bytes()), name);
    differ += !std::ranges::equal(tensor.bytes(), other[name].bytes());
  }
  BOOST_TEST(differ == first.size());
}

}  // namespace
