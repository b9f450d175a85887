// What optimisers and schedules save and load: names, errors, and numbers, which are PyTorch 1.13's.
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <string_view>
#include <tenon/cpu/linear.hpp>
#include <tenon/nn/module.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/optim/rmsprop.hpp>
#include <tenon/optim/schedulers.hpp>
#include <tenon/optim/sgd.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace optim = tenon::optim;
using tenon::StateDict;
using tenon::Tensor;
using list = std::vector<double>;

using Layer = nn::Linear<3, 1, nn::bias<false>, nn::dtype<double>>;
using Numbers = Tensor<double, 1, 3>;
using Number = Tensor<double>;

void step(Layer& layer, auto& optimizer, const Numbers& gradient) {
  layer.weight.grad() = gradient;
  optimizer.step();
}
/// Two steps of a weight 0.5, -1, 2, as for the numbers of PyTorch here.
template <class Optimizer>
StateDict state_after_two_steps(typename Optimizer::Options options) {
  Layer layer;
  layer.weight.data() = Numbers::from({0.5, -1, 2});
  Optimizer optimizer{layer, options};
  step(layer, optimizer, Numbers::from({0.1, -0.2, 0.3}));
  step(layer, optimizer, Numbers::from({0.2, 0.1, -0.4}));
  return optimizer.state_dict();
}
void compare(const StateDict& dict, std::string_view name, const list& wanted) {
  const Numbers found = dict.get<Numbers>(name);
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(std::abs(found(0, i) - wanted[i]) <= 1e-12 * (1 + std::abs(wanted[i])),
               name << " " << i << ": " << found(0, i) << ", wanted " << wanted[i]);
}
double number(const StateDict& dict, std::string_view name) { return dict.get<Number>(name).item(); }
std::string names(const StateDict& dict) {
  std::string all;
  for (const auto& entry : dict) all += entry.first + ' ';
  return all;
}
StateDict without(const StateDict& dict, std::string_view name) {
  StateDict rest;
  for (const auto& [other, tensor] : dict)
    if (other != name) rest.insert(other, tensor);
  return rest;
}
bool same(const StateDict& a, const StateDict& b) {
  if (names(a) != names(b)) return false;
  for (const auto& [name, tensor] : a)
    if (std::memcmp(tensor.data(), b[name].data(), tensor.bytes().size()) != 0) return false;
  return true;
}

// ---- names and numbers

BOOST_AUTO_TEST_CASE(sgd) {
  const StateDict dict = state_after_two_steps<optim::SGD>({.lr = 0.1, .momentum = 0.9, .dampening = 0.3});
  BOOST_TEST(names(dict) ==
             "weight.step weight.momentum_buffer param_groups.0.lr param_groups.0.momentum param_groups.0.dampening "
             "param_groups.0.weight_decay param_groups.0.nesterov ");
  compare(dict, "weight.momentum_buffer", {0.23, -0.11000000000000003, -0.00999999999999998});
  BOOST_TEST(number(dict, "param_groups.0.dampening") == 0.3);
  BOOST_TEST(!dict.get<Tensor<bool>>("param_groups.0.nesterov").item());
}

BOOST_AUTO_TEST_CASE(adam) {
  const StateDict dict = state_after_two_steps<optim::Adam>({.lr = 0.1, .betas = {0.8, 0.95}});
  BOOST_TEST(names(dict) ==
             "weight.step weight.exp_avg weight.exp_avg_sq param_groups.0.lr param_groups.0.betas param_groups.0.eps "
             "param_groups.0.weight_decay ");
  BOOST_TEST(number(dict, "weight.step") == 2);
  compare(dict, "weight.exp_avg", {0.05599999999999999, -0.011999999999999997, -0.032});
  compare(dict, "weight.exp_avg_sq", {0.0024750000000000024, 0.002400000000000002, 0.012275000000000012});
  const auto betas = dict.get<Tensor<double, 2>>("param_groups.0.betas");
  BOOST_TEST(betas(0) == 0.8);
  BOOST_TEST(betas(1) == 0.95);
}

BOOST_AUTO_TEST_CASE(rmsprop) {
  const StateDict dict = state_after_two_steps<optim::RMSprop>({.lr = 0.1, .momentum = 0.9, .centered = true});
  compare(dict, "weight.square_avg", {0.0004990000000000005, 0.0004960000000000005, 0.0024910000000000023});
  compare(dict, "weight.momentum_buffer", {18.079853998823367, -4.550851838008718, 1.0291927235584435});
  compare(dict, "weight.grad_avg", {0.0029900000000000026, -0.0009800000000000008, -0.0010300000000000012});
  BOOST_TEST(dict.get<Tensor<bool>>("param_groups.0.centered").item());
}

struct Model : nn::Module<Model> {
  BOOST_HANA_DEFINE_STRUCT(Model, (Layer, a), (Layer, b));
};

BOOST_AUTO_TEST_CASE(names_of_parameters) {
  const auto of_parameters = [](const auto& optimizer) {
    std::string all;
    for (const auto& entry : optimizer.state_dict())
      if (entry.first.ends_with(".momentum_buffer")) all += entry.first + ' ';
    return all;
  };
  Model model;
  BOOST_TEST(of_parameters(optim::SGD{model, {}}) == "a.weight.momentum_buffer b.weight.momentum_buffer ");
  BOOST_TEST(of_parameters(optim::SGD{model.parameters(), {}}) == "a.weight.momentum_buffer b.weight.momentum_buffer ");
  BOOST_TEST(of_parameters(optim::SGD{nn::group(model.a)}) == "weight.momentum_buffer ");
  const optim::SGD groups{nn::group(model.a, {.lr = 1}), nn::group(model.b.parameters(), {.lr = 2})};
  BOOST_TEST(of_parameters(groups) == "0.weight.momentum_buffer 1.weight.momentum_buffer ");
  BOOST_TEST(number(groups.state_dict(), "param_groups.1.lr") == 2);
  // One whose name is taken, and those without one.
  BOOST_TEST(of_parameters(optim::SGD{boost::hana::concat(model.a.parameters(), model.b.parameters()), {}}) ==
             "weight.momentum_buffer 1.momentum_buffer ");
  const auto references = boost::hana::make_tuple(std::ref(model.a.weight), std::ref(model.b.weight));
  BOOST_TEST(of_parameters(optim::SGD{references, {}}) == "0.momentum_buffer 1.momentum_buffer ");
}

// ---- loading

/// Trains two layers, from the state of the first in the middle.
template <class Optimizer>
void resume(typename Optimizer::Options options) {
  Layer first;
  Optimizer optimizer{first, options};
  const auto gradients = {Numbers::from({0.1, -0.2, 0.3}), Numbers::from({0.2, 0.1, -0.4})};
  for (const auto& gradient : gradients) step(first, optimizer, gradient);
  optimizer.options().lr = 0.05;
  Layer second;
  Optimizer other{second, {}};
  second.load_state_dict(first.state_dict());
  other.load_state_dict(optimizer.state_dict());
  BOOST_TEST(other.options().lr == 0.05);
  for (int i = 0; i < 2; ++i) {  // a gradient that was zeroed counts, also if another program has zeroed it
    first.zero_grad();
    optimizer.step();
    other.step();
    BOOST_TEST(same(first.state_dict(), second.state_dict()));
    BOOST_TEST(same(optimizer.state_dict(), other.state_dict()));
  }
}
BOOST_AUTO_TEST_CASE(goes_on) {
  resume<optim::SGD>({.lr = 0.1, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.1});
  resume<optim::Adam>({.lr = 0.1, .betas = {0.8, 0.95}});
  resume<optim::AdamW>({.lr = 0.1});
  resume<optim::RMSprop>({.lr = 0.1, .momentum = 0.9, .centered = true});
}

BOOST_AUTO_TEST_CASE(a_copy_of_an_optimiser_goes_on_by_itself) {
  Layer layer;
  optim::Adam optimizer{layer, {.lr = 0.1}};
  step(layer, optimizer, Numbers::from({0.1, -0.2, 0.3}));
  optim::Adam copy = optimizer;
  BOOST_TEST(same(copy.state_dict(), optimizer.state_dict()));
  step(layer, copy, Numbers::from({1, 2, 3}));
  BOOST_TEST(number(copy.state_dict(), "weight.step") == 2);
  BOOST_TEST(number(optimizer.state_dict(), "weight.step") == 1);
  BOOST_TEST(!same(copy.state_dict(), optimizer.state_dict()));
  optimizer = copy;
  BOOST_TEST(same(copy.state_dict(), optimizer.state_dict()));
}

BOOST_AUTO_TEST_CASE(a_parameter_that_never_had_a_gradient_is_left_alone) {
  Layer layer;
  optim::SGD optimizer{layer, {.lr = 1, .weight_decay = 0.5}};
  const StateDict before = layer.state_dict();
  optimizer.load_state_dict(optimizer.state_dict());
  optimizer.step();
  BOOST_TEST(same(layer.state_dict(), before));
}

BOOST_AUTO_TEST_CASE(errors_name_all_that_is_wrong_and_change_nothing) {
  Layer layer;
  optim::Adam optimizer{layer, {.lr = 0.25}};
  step(layer, optimizer, Numbers::from({0.1, -0.2, 0.3}));
  const StateDict before = optimizer.state_dict();
  StateDict wrong = state_after_two_steps<optim::Adam>({.lr = 0.5});
  wrong = without(without(without(wrong, "weight.step"), "weight.exp_avg"), "param_groups.0.eps");
  wrong.insert("weight.exp_avg", Tensor<double, 3>{});
  wrong.insert("weight.momentum_buffer", Numbers{});
  try {
    optimizer.load_state_dict(wrong);
    BOOST_ERROR("it loads");
  } catch (const tenon::Error& error) {
    BOOST_TEST(std::string(error.what()) ==
               "load_state_dict: the entries do not match the optimiser:\n"
               "  missing: weight.step\n"
               "  missing: param_groups.0.eps\n"
               "  unexpected: weight.momentum_buffer\n"
               "  misshapen: weight.exp_avg: wanted F64 (1, 3), found F64 (3)");
  }
  BOOST_TEST(same(optimizer.state_dict(), before));
  // Options that do not go together.
  optim::SGD sgd{layer, {.lr = 0.1, .momentum = 0.9}};
  StateDict options = without(sgd.state_dict(), "param_groups.0.nesterov");
  options = without(options, "param_groups.0.momentum");
  options.insert("param_groups.0.nesterov", Tensor<bool>::from({true}));
  options.insert("param_groups.0.momentum", Number{});
  BOOST_CHECK_THROW(sgd.load_state_dict(options), tenon::Error);
  BOOST_TEST(sgd.options().momentum == 0.9);
  // Of another number of groups.
  optim::Adam groups{nn::group(layer, {.lr = 0.5})};
  groups.load_state_dict(before);
  BOOST_TEST(groups.options().lr == 0.25);
  Model model;
  optim::Adam two{nn::group(model.a), nn::group(model.b)};
  BOOST_CHECK_THROW(two.load_state_dict(before), tenon::Error);
}

BOOST_AUTO_TEST_CASE(files_from_pytorch) {
  // torch.optim.Adam's `state`, whose step is a float; its options are the program's.
  StateDict dict;
  dict.insert("weight.step", Tensor<float>::from({2.0F}));
  dict.insert("weight.exp_avg", Tensor<float, 1, 3>::from({1, 2, 3}));
  dict.insert("weight.exp_avg_sq", Tensor<float, 1, 3>::from({4, 5, 6}));
  Layer layer;
  optim::Adam adam{layer, {.lr = 0.25}};
  adam.load_state_dict(dict);
  BOOST_TEST(adam.options().lr == 0.25);
  BOOST_TEST(number(adam.state_dict(), "weight.step") == 2);
  compare(adam.state_dict(), "weight.exp_avg_sq", {4, 5, 6});
  BOOST_CHECK_THROW(adam.load_state_dict(dict, {.convert = false}), tenon::Error);
  // torch.optim.SGD does not count steps: with a buffer, the next one is not the first, which dampening leaves alone.
  StateDict of_sgd;
  of_sgd.insert("weight.momentum_buffer", Numbers{});
  optim::SGD sgd{layer, {.lr = 1, .momentum = 0.5, .dampening = 0.75}};
  sgd.load_state_dict(of_sgd);
  const Numbers before = layer.weight.data();
  step(layer, sgd, Numbers::from({1, 2, 4}));
  for (const std::size_t i : {0, 1, 2})
    BOOST_TEST(layer.weight.data()(0, i) == before(0, i) - 0.25 * static_cast<double>(1 << i),
               boost::test_tools::tolerance(1e-12));
  // torch.optim.RMSprop without momentum has no buffer.
  StateDict of_rmsprop;
  of_rmsprop.insert("weight.square_avg", Numbers::from({1, 2, 3}));
  optim::RMSprop rmsprop{layer, {}};
  BOOST_CHECK_THROW(rmsprop.load_state_dict(of_rmsprop), tenon::Error);
  rmsprop.load_state_dict(of_rmsprop, {.strict = false});
  compare(rmsprop.state_dict(), "weight.square_avg", {1, 2, 3});
}

// ---- schedules

BOOST_AUTO_TEST_CASE(schedules) {
  Model model;
  const auto make = [&] { return optim::SGD{nn::group(model.a, {.lr = 0.1}), nn::group(model.b, {.lr = 0.02})}; };
  optim::SGD optimizer = make(), other = make();
  optim::CosineAnnealingLR schedule{optimizer, {.T_max = 10}};
  schedule.step();
  schedule.step();
  const StateDict dict = schedule.state_dict();
  BOOST_TEST(names(dict) == "last_epoch base_lrs.0 base_lrs.1 ");
  BOOST_TEST(dict.get<Tensor<std::int64_t>>("last_epoch").item() == 2);
  BOOST_TEST(number(dict, "base_lrs.1") == 0.02);
  other.group(0).options().lr = 1;
  optim::CosineAnnealingLR resumed{other, {.T_max = 10}};
  resumed.load_state_dict(dict);
  schedule.step();
  resumed.step();
  for (const std::size_t i : {0u, 1u}) BOOST_TEST(other.group(i).options().lr == optimizer.group(i).options().lr);
  BOOST_CHECK_EXCEPTION(resumed.load_state_dict(without(dict, "base_lrs.1")), tenon::Error, [](const auto& error) {
    return std::string(error.what()) ==
           "load_state_dict: the entries do not match the schedule:\n  missing: base_lrs.1";
  });
}

BOOST_AUTO_TEST_CASE(plateau) {
  Layer layer;
  optim::SGD optimizer{layer, {.lr = 1}}, other{layer, {.lr = 1}};
  optim::ReduceLROnPlateau schedule{optimizer, {.factor = 0.5, .patience = 1, .cooldown = 2}};
  for (const double loss : {0.5, 0.6}) schedule.step(loss);
  const StateDict dict = schedule.state_dict();
  BOOST_TEST(names(dict) == "best num_bad_epochs cooldown_counter ");
  BOOST_TEST(number(dict, "best") == 0.5);
  BOOST_TEST(dict.get<Tensor<std::int64_t>>("num_bad_epochs").item() == 1);
  optim::ReduceLROnPlateau resumed{other, {.factor = 0.5, .patience = 1, .cooldown = 2}};
  resumed.load_state_dict(dict);
  resumed.step(0.7);
  BOOST_TEST(other.options().lr == 0.5);
  BOOST_TEST(resumed.state_dict().get<Tensor<std::int64_t>>("cooldown_counter").item() == 2);
}

BOOST_AUTO_TEST_CASE(one_file_for_all) {
  StateDict dict = state_after_two_steps<optim::SGD>({}), all = Layer{}.state_dict().prefixed("model.");
  all.merge(dict.prefixed("optimizer."));
  BOOST_TEST(all.contains("optimizer.weight.momentum_buffer"));
  BOOST_TEST(same(all.subset("optimizer."), dict));
}

}  // namespace
