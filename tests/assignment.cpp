// What optimisers hold when modules and parameters are assigned, moved and swapped.
#include <boost/test/unit_test.hpp>
#include <optional>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/optim/sgd.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace optim = tenon::optim;
using namespace tenon::literals;
using tenon::Tensor;
using Layer = nn::Linear<2, 2>;
using Tied = nn::Shared<Layer>;
using Chain = nn::Sequential<Layer, nn::Tanh, Layer>;
using TiedChain = nn::Sequential<Tied, nn::Tanh, nn::Residual<Tied>>;

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (Layer, first), (nn::Residual<Chain>, rest),
                           (nn::Parameter<Tensor<float, 1, 2>>, shift));
  auto forward(const auto& x) { return rest(first(x)) + shift; }
};
struct TiedNet : nn::Module<TiedNet> {
  BOOST_HANA_DEFINE_STRUCT(TiedNet, (Tied, first), (TiedChain, chain), (Tied, last));
  auto forward(const auto& x) { return last(chain(first(x))); }
};
TiedNet tied_net() {
  TiedNet net;
  net.last = std::as_const(net.first);
  return net;
}
TiedChain tied_chain() {
  Tied tied;
  return TiedChain{tied, nn::Tanh{}, nn::Residual<Tied>{tied}};
}
template <class Model>
Model make() {
  if constexpr (std::is_same_v<Model, TiedNet>)
    return tied_net();
  else if constexpr (std::is_same_v<Model, TiedChain>)
    return tied_chain();
  else
    return Model{};
}

bool equal(const tenon::StateDict& a, const tenon::StateDict& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
    return left.first == right.first && std::ranges::equal(left.second.bytes(), right.second.bytes());
  });
}
/// Gives every parameter the gradient 1.
template <class Model>
void fill_gradients(Model& model) {
  nn::for_each_parameter(model, [](const std::string&, auto& parameter) { parameter.grad().fill(1); });
}
/// Checks that a step of `optimizer`, of learning rate 1, moves all parameters of `model` by their gradients.
template <class Model, class Optimizer>
void check_trains(Model& model, Optimizer& optimizer) {
  optimizer.zero_grad();
  const auto before = model.state_dict();
  fill_gradients(model);
  optimizer.step();
  nn::for_each_parameter(model, [&](const std::string& name, auto& parameter) {
    using TensorType = typename std::remove_cvref_t<decltype(parameter)>::tensor_type;
    const TensorType wanted = before.template get<TensorType>(name) - 1.f;
    BOOST_TEST((parameter.data() == wanted), name);
  });
  optimizer.zero_grad();
  nn::for_each_parameter(model, [&](const std::string& name, auto& parameter) {
    BOOST_TEST(*std::ranges::max_element(parameter.grad()) == 0, name);
  });
}

using models = std::tuple<Layer, Chain, nn::Residual<Layer>, Net, TiedChain, TiedNet>;

BOOST_AUTO_TEST_CASE_TEMPLATE(an_optimiser_trains_what_is_assigned, Model, models) {
  Model model = make<Model>();
  optim::SGD optimizer{model, {.lr = 1}};
  check_trains(model, optimizer);
  const auto check_assigned = [&](const tenon::StateDict& wanted) {
    BOOST_TEST(equal(model.state_dict(), wanted));
    check_trains(model, optimizer);
  };
  tenon::manual_seed(3);
  const auto wanted = make<Model>().state_dict();
  tenon::manual_seed(3);
  model = make<Model>();
  check_assigned(wanted);
  Model other = make<Model>();
  const auto of_other = other.state_dict();
  model = std::move(other);
  check_assigned(of_other);
  other = make<Model>();                            // what was moved from may be assigned to
  if constexpr (!std::is_same_v<Model, TiedNet>) {  // where the copy refers to the original's layer
    model = std::as_const(other);
    check_assigned(other.state_dict());
    BOOST_TEST(equal(model.state_dict(), other.state_dict()) == false);  // since then trained
  }
  Model& same = model;
  const auto before = model.state_dict();
  model = std::move(same);
  check_assigned(before);
  std::vector<Model> several(2);
  several[0] = std::move(several[1]);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_optimiser_follows_a_module_into_one_that_nobody_trains, Model, models) {
  Model trainee = make<Model>();
  optim::SGD optimizer{trainee, {.lr = 1}};
  Model constructed = std::move(trainee);
  check_trains(constructed, optimizer);
  Model assigned = make<Model>();
  assigned = std::move(constructed);
  check_trains(assigned, optimizer);
  trainee = std::move(assigned);  // into what was moved from
  check_trains(trainee, optimizer);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(swapped_modules_are_trained_by_the_optimisers_they_came_with, Model, models) {
  Model a = make<Model>(), b = make<Model>();
  optim::SGD of_a{a, {.lr = 1}}, of_b{b, {.lr = 1}};
  const auto value_of_a = a.state_dict(), value_of_b = b.state_dict();
  std::swap(a, b);
  BOOST_TEST(equal(a.state_dict(), value_of_b));
  BOOST_TEST(equal(b.state_dict(), value_of_a));
  check_trains(a, of_b);
  check_trains(b, of_a);
  std::swap(a, a);
  check_trains(a, of_b);
}

BOOST_AUTO_TEST_CASE(parts_of_a_model_are_assigned) {
  Net net;
  optim::SGD optimizer{net, {.lr = 1}};
  net.first = Layer{};
  check_trains(net, optimizer);
  net.rest.body[2_c] = Layer{};
  check_trains(net, optimizer);
  net.rest = nn::Residual<Chain>{};
  check_trains(net, optimizer);
  Tensor<float, 2, 2> weight;
  weight(1, 0) = 7;
  net.first.weight = nn::Parameter{weight};
  BOOST_TEST((net.first.weight.data() == weight));
  check_trains(net, optimizer);
  net.first.weight = weight;
  check_trains(net, optimizer);
  net.shift = {};
  BOOST_TEST(net.shift.data()(0, 1) == 0);
  check_trains(net, optimizer);
  std::swap(net.first.weight, net.rest.body[0_c].weight);
  check_trains(net, optimizer);
  std::optional<Layer> replacement(Layer{});
  net.first = std::move(*replacement);
  check_trains(net, optimizer);
}

BOOST_AUTO_TEST_CASE(shared_layers_are_assigned) {
  TiedNet net = tied_net();
  optim::SGD optimizer{net, {.lr = 1}};
  net.chain = tied_chain();
  BOOST_TEST(&*net.chain[0_c] == &*net.chain[2_c].body);
  check_trains(net, optimizer);
  *net.last = Layer{};
  check_trains(net, optimizer);
  // A layer that somebody else refers to as well stays theirs.
  TiedNet other = tied_net();
  other.chain = tied_chain();
  Tied outside;
  outside = std::as_const(other.first);
  const auto of_other = other.state_dict(), of_outside = outside.state_dict();
  net = std::move(other);
  BOOST_TEST(equal(net.state_dict(), of_other));
  check_trains(net, optimizer);
  BOOST_TEST(equal(outside.state_dict(), of_outside));
  // A place of its own is written into; one of several refers to another layer, and the others stay.
  nn::Sequential<Tied> single;
  optim::SGD of_single{single, {.lr = 1}};
  single[0_c] = Tied{};
  check_trains(single, of_single);
  Layer layer;
  layer.bias.data().fill(5);
  const auto first = net.first->state_dict();
  net.last = Tied{layer};
  BOOST_TEST(net.last->bias.data()(0) == 5);
  BOOST_TEST(equal(net.first->state_dict(), first));
  net.last = std::as_const(net.first);
  check_trains(net, optimizer);
}

// A layer that one optimiser trains in two places cannot become two layers without a word.
BOOST_AUTO_TEST_CASE(a_trained_layer_in_two_places_does_not_become_two) {
  const auto says_so = [](const tenon::Error& error) {
    return std::string_view(error.what())
        .starts_with("Shared: a layer that an optimiser or a recorded value refers to");
  };
  const auto check = [&](auto tied, const auto& apart) {
    const auto before = tied.state_dict();
    std::optional<optim::SGD> optimizer(std::in_place, tied, optim::SGD::Options{.lr = 1});
    BOOST_CHECK_EXCEPTION(tied = std::remove_cvref_t<decltype(apart)>(apart), tenon::Error, says_so);
    BOOST_TEST(equal(tied.state_dict(), before));
    check_trains(tied, *optimizer);
    if constexpr (std::is_same_v<decltype(tied), TiedChain>) {
      const auto now = tied.state_dict();
      BOOST_CHECK_EXCEPTION(tied = apart, tenon::Error, says_so);
      BOOST_TEST(equal(tied.state_dict(), now));
    }
    optimizer.reset();  // nobody trains it: it may become what it likes
    tied = std::remove_cvref_t<decltype(apart)>(apart);
    BOOST_TEST(equal(tied.state_dict(), apart.state_dict()));
    optimizer.emplace(tied, optim::SGD::Options{.lr = 1});
    check_trains(tied, *optimizer);
  };
  const TiedChain chain;
  check(tied_chain(), chain);
  TiedNet net;
  net.chain = chain;
  check(tied_net(), net);
}

BOOST_AUTO_TEST_CASE(gradient_and_flag_are_assigned_too) {
  Layer layer, other;
  optim::SGD optimizer{layer, {.lr = 1, .weight_decay = 0.5}};
  fill_gradients(layer);
  other.weight.requires_grad(false);
  other.bias.grad().fill(3);
  const auto weight = other.weight.data(), before = layer.weight.data();
  layer = std::move(other);
  BOOST_TEST(!layer.weight.requires_grad());
  BOOST_TEST(layer.weight.grad()(0, 0) == 0);
  BOOST_TEST(layer.bias.grad()(1) == 3);
  layer.weight.requires_grad(true);
  optimizer.step();
  BOOST_TEST((layer.weight.data() == weight));  // never had a gradient
  layer.weight = nn::Parameter{before};
  fill_gradients(layer);
  layer.eval();
  layer = Layer{};
  BOOST_TEST(layer.is_training());
  const auto assigned = layer.state_dict();
  optimizer.step();
  BOOST_TEST(equal(layer.state_dict(), assigned));
}

// The layer's own optimiser goes on, and so does the one of what was moved: here, until something new is there.
BOOST_AUTO_TEST_CASE(both_modules_may_have_optimisers) {
  Layer a, b;
  optim::SGD of_a{a, {.lr = 1}}, first_of_b{b, {.lr = 1}};
  optim::Adam of_b{b, {.lr = 1, .eps = 0}};
  const auto wanted = b.state_dict();
  a = std::move(b);
  BOOST_TEST(equal(a.state_dict(), wanted));
  check_trains(a, of_a);
  check_trains(a, first_of_b);
  b = Layer{};
  const auto before = b.bias.data();
  fill_gradients(b);
  of_b.step();
  BOOST_TEST(b.bias.data()(0) == before(0) - 1, boost::test_tools::tolerance(1e-5f));
}

template <class Model>
struct Agent {
  Model model = make<Model>();
  optim::SGD optimizer{model, {.lr = 1}};
};
BOOST_AUTO_TEST_CASE_TEMPLATE(models_move_with_their_optimisers, Model, models) {
  std::vector<Agent<Model>> agents(5);
  std::vector<tenon::StateDict> values;
  for (const auto& agent : agents) values.push_back(agent.model.state_dict());
  const auto check_all = [&](std::vector<std::size_t> order) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      BOOST_TEST(equal(agents[i].model.state_dict(), values[order[i]]));
      check_trains(agents[i].model, agents[i].optimizer);
      values[order[i]] = agents[i].model.state_dict();
    }
  };
  agents.erase(agents.begin() + 1);
  check_all({0, 2, 3, 4});
  std::rotate(agents.begin(), agents.begin() + 1, agents.end());
  check_all({2, 3, 4, 0});
  agents.erase(agents.begin(), agents.begin() + 2);
  check_all({4, 0});
}

// One optimiser moves what it has twice by then once.
BOOST_AUTO_TEST_CASE(a_layer_moves_within_a_model) {
  Chain chain;
  optim::SGD optimizer{chain, {.lr = 1}};
  const nn::Variable x{Tensor<float, 1, 2>{}};
  const auto y = chain[2_c](x);
  const auto wanted = chain[2_c].state_dict();
  chain[0_c] = std::move(chain[2_c]);
  BOOST_TEST(equal(chain[0_c].state_dict(), wanted));
  check_trains(chain[0_c], optimizer);
  Tensor<float, 1, 2> ones;
  ones.fill(1);
  y.backward(ones);  // recorded before
  BOOST_TEST(chain[0_c].bias.grad()(1) == 1);
  chain[2_c] = Layer{};
  check_trains(chain, optimizer);
}

BOOST_AUTO_TEST_CASE(an_optimiser_whose_parameters_are_gone_says_so) {
  std::optional<Layer> layer(Layer{});
  optim::SGD optimizer{*layer, {.lr = 1}};
  optimizer.step();
  layer.reset();
  const auto says_so = [](const tenon::Error& error) {
    return std::string_view(error.what()).starts_with("Optimizer: no module has any of its parameters any more");
  };
  BOOST_CHECK_EXCEPTION(optimizer.step(), tenon::Error, says_so);
  Tied tied;
  const Tied other;
  optim::Adam of_tied{tied, {.lr = 1}};
  tied = other;  // a reference to another layer
  BOOST_CHECK_EXCEPTION(of_tied.step(), tenon::Error, says_so);
}

}  // namespace
