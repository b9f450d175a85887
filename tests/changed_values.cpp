// A backward pass that would read a value that was changed since says so.
#include <boost/test/unit_test.hpp>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/class_loss.hpp>
#include <tenon/cpu/conv.hpp>
#include <tenon/cpu/dropout.hpp>
#include <tenon/cpu/embedding.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <tenon/cpu/normalization.hpp>
#include <tenon/cpu/pooling.hpp>
#include <tenon/cpu/softmax.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/optim/sgd.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace functional = tenon::nn::functional;
namespace optim = tenon::optim;
using namespace tenon::literals;
using tenon::Tensor;
using list = std::vector<float>;

std::string error_of(auto&& action) {
  try {
    action();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}
const std::string nothing = "nothing was thrown";

template <class TensorType>
TensorType random(double bound = 1) {
  TensorType tensor;
  tenon::fill_uniform(tensor, bound);
  return tensor;
}
template <class TensorType>
TensorType filled(float value) {
  TensorType tensor;
  tensor.fill(value);
  return tensor;
}
list numbers(const auto& tensor) { return {tensor.begin(), tensor.end()}; }

/// The gradients of all parameters of `model`, behind one another.
template <class Model>
list gradients(Model& model) {
  list all;
  nn::for_each_parameter(model, [&](const std::string&, auto& parameter) {
    for (const float g : parameter.grad()) all.push_back(g);
  });
  return all;
}

// ---- the case that this is about

using Discriminator = nn::Sequential<nn::Linear<2, 3>, nn::Tanh, nn::Linear<3, 1>>;
using Noise = Tensor<float, 4, 2>;
using Score = Tensor<float, 4, 1>;

struct Game {
  nn::Linear<2, 2> generator;
  Discriminator discriminator;
  optim::SGD of_generator{generator, {.lr = 0.1}}, of_discriminator{discriminator, {.lr = 0.1}};
  Noise noise = random<Noise>();
  Score ones = filled<Score>(1);

  auto fool() { return discriminator(generator(nn::Variable{noise})); }
  void teach() {
    of_discriminator.zero_grad();
    discriminator(nn::Variable{random<Noise>()}).backward(ones);
    of_discriminator.step();
  }
};

BOOST_AUTO_TEST_CASE(a_step_between_forward_and_backward_is_an_error_that_names_the_parameter) {
  Game game;
  const auto score = game.fool();
  game.teach();
  const list before = gradients(game.discriminator);
  const std::string error = error_of([&] { score.backward(game.ones); });
  BOOST_TEST(error.starts_with("backward: the weight of Linear, \"2.weight\", of shape (1, 3) was changed after the "
                               "forward pass"),
             error);
  // Nothing was written.
  BOOST_TEST(gradients(game.generator) == list(6, 0), boost::test_tools::per_element());
  BOOST_TEST(gradients(game.discriminator) == before, boost::test_tools::per_element());
  // The record is gone, and what comes next is as ever.
  BOOST_TEST(error_of([&] { score.backward(game.ones); }) ==
             "backward: the record of this result was released by an earlier backward");
  game.discriminator.zero_grad();
  game.fool().backward(game.ones);
  const list wanted = gradients(game.generator);
  Game other = game;
  other.generator.zero_grad();
  other.discriminator.zero_grad();
  other.fool().backward(other.ones);
  BOOST_TEST(gradients(other.generator) == wanted, boost::test_tools::per_element());
  BOOST_TEST(gradients(other.discriminator) == gradients(game.discriminator), boost::test_tools::per_element());
  BOOST_TEST(*std::ranges::max_element(wanted) != 0);
}

BOOST_AUTO_TEST_CASE(in_the_right_order_nothing_is_wrong) {
  Game game;
  for (int step = 0; step < 3; ++step) {
    game.teach();
    const auto score = game.fool();
    score.backward(game.ones);
    game.of_generator.step();
  }
  // Parameters that did not move have not changed.
  game.discriminator.zero_grad();
  const auto score = game.fool();
  nn::for_each_parameter(game.discriminator, [](const std::string&, auto& p) { p.requires_grad(false); });
  game.of_discriminator.step();
  BOOST_TEST(error_of([&] { score.backward(game.ones); }) == nothing);
}

BOOST_AUTO_TEST_CASE(an_error_on_the_way_leaves_other_records_alone) {
  Game game;
  nn::Variable x{game.noise, nn::requires_grad};
  const auto other = functional::tanh(x);
  const auto hidden = game.generator(x);
  {
    const auto score = game.discriminator(hidden) + game.discriminator(other);
    game.teach();
    BOOST_TEST(error_of([&] { score.backward(game.ones); }).starts_with("backward: the weight of Linear"));
  }
  BOOST_TEST(numbers(x.grad()) == list(8, 0), boost::test_tools::per_element());
  other.backward(filled<Noise>(1));
  BOOST_TEST(numbers(x.grad()) != list(8, 0));
  game.generator.zero_grad();
  hidden.backward(filled<Noise>(1));
  BOOST_TEST(gradients(game.generator)[4] == 4);  // the bias's, once for each row
}

// ---- what changes a parameter

BOOST_AUTO_TEST_CASE(steps_loads_and_assignments_are_changes) {
  using Layer = nn::Linear<2, 2>;
  const auto error_after = [](auto&& change) {
    Layer layer;
    layer.weight.grad().fill(1);
    nn::Variable x{random<Noise>(), nn::requires_grad};
    const auto y = layer(x);
    change(layer);
    return error_of([&] { y.backward(filled<Noise>(1)); });
  };
  const std::string unnamed = "backward: the weight of Linear of shape (2, 2) was changed",
                    named = "backward: the weight of Linear, \"weight\", of shape (2, 2) was changed";
  BOOST_TEST(error_after([](Layer&) {}) == nothing);
  BOOST_TEST(error_after([](Layer& layer) { optim::SGD{layer, {.lr = 1}}.step(); }).starts_with(named));
  BOOST_TEST(error_after([](Layer& layer) { optim::Adam{layer, {.lr = 1}}.step(); }).starts_with(named));
  BOOST_TEST(error_after([](Layer& layer) { optim::SGD{layer.parameters(), {.lr = 1}}.step(); }).starts_with(named));
  BOOST_TEST(error_after([](Layer& layer) { layer.load_state_dict(Layer{}.state_dict()); }).starts_with(named));
  BOOST_TEST(error_after([](Layer& layer) { layer = Layer{}; }).starts_with(unnamed));
  BOOST_TEST(error_after([](Layer& layer) {
               const Layer other;
               layer = other;
             }).starts_with(unnamed));
  BOOST_TEST(error_after([](Layer& layer) {
               layer.weight = nn::Parameter{random<Tensor<float, 2, 2>>()};
             }).starts_with(unnamed));
  BOOST_TEST(error_after([](Layer& layer) { layer.reset_parameters(); }).starts_with(unnamed));
  // These are none.
  BOOST_TEST(error_after([](Layer& layer) { layer.bias = nn::Parameter{Tensor<float, 2>{}}; }) == nothing);
  BOOST_TEST(error_after([](Layer& layer) {
               BOOST_CHECK_THROW(layer.load_state_dict({}), tenon::Error);
               tenon::StateDict bias;
               bias.insert("bias", Tensor<float, 2>{});
               layer.load_state_dict(bias, {.strict = false});
             }) == nothing);
  BOOST_TEST(error_after([](Layer& layer) { const Layer copy = layer, moved = std::move(layer); }) == nothing);
  BOOST_TEST(error_after([](Layer& layer) {
               Layer other;
               std::swap(layer, other);
             }) == nothing);
  // As in PyTorch, nobody sees what is written through data().
  BOOST_TEST(error_after([](Layer& layer) { layer.weight.data().fill(1); }) == nothing);
}

BOOST_AUTO_TEST_CASE(the_longest_name_is_said) {
  struct Pair : nn::Module<Pair> {
    BOOST_HANA_DEFINE_STRUCT(Pair, (Discriminator, critic));
  } pair;
  pair.load_state_dict(pair.state_dict());
  optim::SGD optimizer{pair.critic, {.lr = 1}};
  nn::Variable x{random<Noise>(), nn::requires_grad};
  const auto score = pair.critic(x);
  pair.critic[2_c].weight.grad().fill(1);
  optimizer.step();
  BOOST_TEST(error_of([&] { score.backward(filled<Score>(1)); }).find("\"critic.2.weight\"") != std::string::npos);
}

// ---- what each operation needs

/// Changes each parameter of the layer in turn between forward and backward: whether that is an error, for an input
/// that wants a gradient and for one that does not, as letters: `!` it is, `.` it is not, and then the gradients are
/// right.
template <class Model, class X>
std::string errors_of(Model model, const X& value) {
  std::string found;
  for (const bool wants : {true, false}) {
    const auto input = [&] { return wants ? nn::Variable{value, nn::requires_grad} : nn::Variable{value}; };
    const auto x = input();
    const auto y = model(x);
    using Y = std::remove_cvref_t<decltype(y.data())>;
    const Y grad_y = random<Y>();
    y.backward(grad_y);
    const list wanted = gradients(model), wanted_of_x = numbers(x.grad());
    nn::for_each_parameter(model, [&](const std::string& name, auto& parameter) {
      using Parameter = std::remove_cvref_t<decltype(parameter)>;
      model.zero_grad();
      const auto again = input();
      const auto result = model(again);
      const Parameter before = parameter;
      parameter = Parameter{random<typename Parameter::tensor_type>(100)};
      const std::string error = error_of([&] { result.backward(grad_y); });
      if (error == nothing) {
        BOOST_TEST(gradients(model) == wanted, name);
        BOOST_TEST(numbers(again.grad()) == wanted_of_x, name);
        found += '.';
      } else {
        BOOST_TEST(error.starts_with("backward: the " + name + " of "), error);
        found += '!';
      }
      parameter = before;
    });
    if (wants) found += ' ';
    model.zero_grad();
  }
  return found;
}

BOOST_AUTO_TEST_CASE(layers_need_what_their_gradients_are_computed_from) {
  using Image = Tensor<float, 2, 4, 5, 5>;
  const auto image = random<Image>();
  BOOST_TEST(errors_of(nn::Linear<2, 3>{}, random<Noise>()) == "!. ..");
  BOOST_TEST(errors_of(nn::Linear<2, 3, nn::bias<false>>{}, random<Noise>()) == "! .");
  BOOST_TEST((errors_of(nn::Conv2d<4, 3, nn::kernel_size<3>>{}, image)) == "!. ..");
  BOOST_TEST((errors_of(nn::Conv2d<4, 4, nn::kernel_size<3>, nn::groups<4>>{}, image)) == "!. ..");
  BOOST_TEST((errors_of(nn::ConvTranspose2d<4, 3, nn::kernel_size<3>>{}, image)) == "!. ..");
  BOOST_TEST(errors_of(nn::BatchNorm2d<4>{}, image) == "!. ..");
  BOOST_TEST(errors_of(nn::BatchNorm2d<4>{}.eval(), image) == "!. ..");
  BOOST_TEST(errors_of(nn::BatchNorm1d<2>{}, random<Noise>()) == "!. ..");
  BOOST_TEST((errors_of(nn::GroupNorm<2, 4>{}, image)) == "!. ..");
  BOOST_TEST((errors_of(nn::LayerNorm<nn::normalized_shape<5>>{}, image)) == "!. ..");
  BOOST_TEST(errors_of(nn::PReLU<>{}, image) == "! .");
  BOOST_TEST(errors_of(nn::PReLU<nn::num_parameters<4>>{}, image) == "! .");
}

/// A function of a parameter `p` and an input.
template <class F>
struct Of : nn::Module<Of<F>> {
  BOOST_HANA_DEFINE_STRUCT(Of, (nn::Parameter<Noise>, p));
  explicit Of(F f) : function(std::move(f)) { tenon::fill_uniform(p.data(), 1.0); }
  auto forward(const auto& x) { return function(p, x); }
  F function;
};
template <class F>
std::string errors_of_function(F f) {
  Of<F> model(std::move(f));
  std::string found;
  for (const bool wants : {true, false}) {
    const auto input = [&] {
      return wants ? nn::Variable{filled<Noise>(0.5f), nn::requires_grad} : nn::Variable{filled<Noise>(0.5f)};
    };
    const auto x = input(), again = input();
    const auto y = model(x);
    using Y = std::remove_cvref_t<decltype(y.data())>;
    const Y grad_y = random<Y>();
    model.zero_grad();
    y.backward(grad_y);
    const list wanted = gradients(model), wanted_of_x = numbers(x.grad());
    model.zero_grad();
    const auto result = model(again);
    const Noise before = model.p.data();
    model.p = random<Noise>(100);
    const std::string error = error_of([&] { result.backward(grad_y); });
    if (error == nothing) {
      BOOST_TEST(gradients(model) == wanted);
      BOOST_TEST(numbers(again.grad()) == wanted_of_x);
    } else {
      BOOST_TEST(error.starts_with("backward: the "), error);
    }
    found += error == nothing ? '.' : '!';
    model.p = before;
  }
  return found;
}

BOOST_AUTO_TEST_CASE(functions_need_what_their_gradients_are_computed_from) {
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return p + x; }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return x - p; }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return p * x; }) == "!.");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return x * p; }) == "!.");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return p * p; }) == "!!");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return 2 * p + x; }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return p / x; }) == "!.");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return x / p; }) == "!!");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return p / 2; }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return 2 / p; }) == "!!");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return tenon::mm(tenon::reshape<2, 4>(x), p); }) == "!.");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return tenon::mm(p, tenon::reshape<2, 4>(x)); }) == "!.");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return tenon::cat<1>(p, x); }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return tenon::reshape<8>(p); }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return p[1]; }) == "..");
  // From the result, from the input.
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return functional::tanh(p); }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return functional::relu(p); }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return functional::softmax<1>(p); }) == "..");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return functional::silu(p); }) == "!!");
  BOOST_TEST(errors_of_function([](auto& p, const auto&) { return functional::gelu(p); }) == "!!");
  // Losses.
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return nn::MSELoss<>{}(p, x); }) == "!!");
  BOOST_TEST(errors_of_function([](auto& p, const auto& x) { return nn::L1Loss<>{}(x, p); }) == "!!");
  const auto labels = Tensor<std::int64_t, 4>::from(std::vector<std::int64_t>{0, 1, 1, 0});
  BOOST_TEST(errors_of_function([&](auto& p, const auto&) { return nn::CrossEntropyLoss<>{}(p, labels); }) == "!!");
  BOOST_TEST(errors_of_function([&](auto& p, const auto&) { return nn::NLLLoss<>{}(p, labels); }) == "..");
}

BOOST_AUTO_TEST_CASE(poolings_need_what_their_gradients_are_computed_from) {
  using Line = Tensor<float, 1, 2, 4>;
  const auto error_of_pooling = [](auto pool) {
    nn::Parameter line{random<Line>()};
    const auto y = pool(line);
    line = random<Line>();
    return error_of([&] { y.backward(std::remove_cvref_t<decltype(y.data())>{}); });
  };
  using Window = nn::kernel_size<2>;
  BOOST_TEST(error_of_pooling(nn::MaxPool1d<Window>{}) == nothing);
  BOOST_TEST(error_of_pooling(nn::AvgPool1d<Window>{}) == nothing);
  using Square = Tensor<float, 1, 1, 2, 2>;
  nn::Parameter square{random<Square>()};
  const auto norm = nn::LPPool2d<nn::norm_type<2>, Window>{}(square);
  square = random<Square>();
  const std::string error = error_of([&] { norm.backward(Tensor<float, 1, 1, 1, 1>{}); });
  BOOST_TEST(error.starts_with("backward: the input of LPPool2d"), error);
}

BOOST_AUTO_TEST_CASE(an_embedding_needs_no_weights_but_shortens_them) {
  using Indices = Tensor<std::int64_t, 3>;
  const Indices indices = Indices::from(std::vector<std::int64_t>{0, 2, 2});
  nn::Embedding<3, 2> table;
  const auto rows = table(nn::Variable{indices});
  table.weight = random<Tensor<float, 3, 2>>();
  rows.backward(filled<Tensor<float, 3, 2>>(1));
  BOOST_TEST(gradients(table) == (list{1, 1, 0, 0, 2, 2}), boost::test_tools::per_element());

  // Looked up with max_norm, long rows are shortened in place: a product with the table before has seen others.
  nn::Embedding<3, 2, nn::max_norm<0.5>> limited;
  const auto product = limited.weight * filled<Tensor<float, 3, 2>>(2);
  const auto square = limited.weight * limited.weight;
  limited(nn::Variable{indices}).backward(filled<Tensor<float, 3, 2>>(1));
  BOOST_TEST(error_of([&] { product.backward(filled<Tensor<float, 3, 2>>(1)); }) == nothing);
  const auto says_so = [](const std::string& error) { return error.starts_with("backward: the first operand of Mul"); };
  BOOST_TEST(says_so(error_of([&] { square.backward(filled<Tensor<float, 3, 2>>(1)); })));

  // A const layer does so in recorded calls alone.
  limited.weight = filled<Tensor<float, 3, 2>>(1);
  const auto& constant = limited;
  const auto first = limited.weight * limited.weight, second = limited.weight * limited.weight;
  (void)constant(indices);
  first.backward(filled<Tensor<float, 3, 2>>(1));
  (void)constant(nn::Variable{indices});
  BOOST_TEST(limited.weight.data()(2, 0) < 1);
  BOOST_TEST(says_so(error_of([&] { second.backward(filled<Tensor<float, 3, 2>>(1)); })));
}

}  // namespace
