// A node keeps the values that its backward pass reads; the memory of all others is released with their last Variable.
#include <boost/test/unit_test.hpp>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/class_loss.hpp>
#include <tenon/cpu/conv.hpp>
#include <tenon/cpu/distance.hpp>
#include <tenon/cpu/dropout.hpp>
#include <tenon/cpu/fractional_pooling.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <tenon/cpu/normalization.hpp>
#include <tenon/cpu/padding.hpp>
#include <tenon/cpu/pooling.hpp>
#include <tenon/cpu/softmax.hpp>
#include <tenon/cpu/unpooling.hpp>
#include <tenon/cpu/vision.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace functional = tenon::nn::functional;
using tenon::Tensor;
using list = std::vector<float>;

template <class TensorType>
TensorType random(double bound = 1) {
  TensorType tensor;
  tenon::fill_uniform(tensor, bound);
  return tensor;
}
list numbers(const auto& tensor) { return {tensor.begin(), tensor.end()}; }

using Rows = Tensor<float, 4, 6>;
const auto ones = [] {
  Rows rows;
  rows.fill(1);
  return rows;
}();

/// Whether the value of `first(x)` is still there once only the record of `second(first(x))` refers to it.
template <class First, class Second>
bool is_kept(First first, Second second, const nn::Variable<Rows>& x = {random<Rows>(), nn::requires_grad}) {
  auto h = std::make_unique<nn::Variable<Rows>>(first(x));
  const auto y = second(*h);
  auto& state = *h->state();
  BOOST_TEST((state.value().data() != nullptr));
  h.reset();
  const bool kept = state.value().data() != nullptr;
  x.state()->zero_grad();
  y.backward(ones);
  const list gradient = numbers(x.grad());
  // Where the Variable stays, it is the same.
  x.state()->zero_grad();
  const nn::Variable<Rows> stays = first(x);
  second(stays).backward(ones);
  BOOST_TEST(numbers(x.grad()) == gradient, boost::test_tools::per_element());
  BOOST_TEST((stays.data().data() != nullptr));
  return kept;
}

BOOST_AUTO_TEST_CASE(what_nobody_reads_is_released) {
  nn::Linear<6, 6> linear;
  const auto add = [](const auto& x) { return x + x; };
  const auto relu = [](const auto& x) { return functional::relu(x); };
  const auto silu = [](const auto& x) { return functional::silu(x); };
  const auto softmax = [](const auto& x) { return functional::softmax<1>(x); };
  // linear(x) is read by none, relu(x) by the relu itself, from its result.
  BOOST_TEST(!is_kept(linear, relu));
  BOOST_TEST(!is_kept(linear, softmax));
  BOOST_TEST(!is_kept(linear, add));
  BOOST_TEST(is_kept(linear, silu));
  BOOST_TEST(is_kept(linear, linear));
  BOOST_TEST(is_kept(relu, add));
  BOOST_TEST(is_kept(softmax, add));
  BOOST_TEST(!is_kept(silu, add));
  BOOST_TEST(!is_kept(add, [](const auto& x) { return 3 - x; }));
  BOOST_TEST(is_kept(add, [](const auto& x) { return x * x; }));
  BOOST_TEST(!is_kept(add, [](const auto& x) { return x / 2; }));
  BOOST_TEST(is_kept(add, [](const auto& x) { return 2 / x; }));
  BOOST_TEST(!is_kept(add, [](const auto& x) { return tenon::reshape<4, 6>(tenon::reshape<24>(x)); }));
  // In a product with what wants no gradient, only that is read.
  BOOST_TEST(!is_kept(add, [](const auto& x) { return x * ones; }));
  linear.weight.requires_grad(false);
  BOOST_TEST(!is_kept(add, linear));
  linear.weight.requires_grad(true);
  linear.bias.requires_grad(false);
  BOOST_TEST(is_kept(add, linear));
}

BOOST_AUTO_TEST_CASE(the_memory_is_there_for_others, *boost::unit_test::enable_if<tenon::memory::detail::recycle>()) {
  using Large = Tensor<float, 1000>;
  const auto& recycled = tenon::memory::detail::free_lists.kept;
  nn::Variable x{random<Large>(), nn::requires_grad};
  const Large shift = random<Large>();
  const auto held_by = [&](auto&& record) {
    (void)record();  // warm
    const std::size_t before = recycled;
    const auto result = record();
    return (before - recycled) / (Large::size() * sizeof(float));
  };
  BOOST_TEST(held_by([&] { return functional::relu(x + x); }) == 1u);
  BOOST_TEST(held_by([&] { return functional::silu(x + x); }) == 2u);
  BOOST_TEST(held_by([&] { return functional::relu(3 * (x + x) - 1); }) == 1u);
  // No copy is made of a Tensor that nobody reads.
  BOOST_TEST(held_by([&] { return x + shift; }) == 1u);
  BOOST_TEST(held_by([&] { return x * shift; }) == 2u);
}

BOOST_AUTO_TEST_CASE(a_gradient_that_was_not_wanted_is_not_computed) {
  nn::Linear<6, 6> linear;
  linear.weight.requires_grad(false);
  const auto y = linear(random<Rows>() + nn::Variable{ones, nn::requires_grad});
  linear.weight.requires_grad(true);
  y.backward(ones);
  BOOST_TEST(numbers(linear.weight.grad()) == list(36, 0), boost::test_tools::per_element());
  BOOST_TEST(numbers(linear.bias.grad()) == list(6, 4), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_outlives_the_record_in_a_variable) {
  nn::Variable x{ones, nn::requires_grad};
  const auto h = x + x;
  {
    const auto y = h + h, z = functional::relu(h);
    y.backward(ones);
  }
  BOOST_TEST(numbers(h.data()) == list(24, 2), boost::test_tools::per_element());
  BOOST_TEST(numbers(h.grad()) == list(24, 2), boost::test_tools::per_element());
  BOOST_TEST(numbers(x.grad()) == list(24, 4), boost::test_tools::per_element());
}

// ---- kernels do not read what their operation does not need

template <class Result>
const auto& first_of(const Result& result) {
  if constexpr (requires { std::get<0>(result); })
    return std::get<0>(result);
  else
    return result;
}

/// The gradients of model(x) are those that they are where the values of x and of the result stay.
template <class Model, class X>
void check(Model model, const X& value) {
  list wanted;
  for (const bool stays : {true, false}) {
    tenon::manual_seed(3);
    nn::Variable x{value, nn::requires_grad};
    auto input = std::make_unique<nn::Variable<X>>(1 * x);
    auto result = std::make_unique<decltype(model(*input))>(model(*input));
    const auto y = 1 * first_of(*result);
    if (!stays) {
      input.reset();
      result.reset();
    }
    tenon::manual_seed(5);
    y.backward(random<std::remove_cvref_t<decltype(y.data())>>());
    list found = numbers(x.grad());
    if constexpr (nn::is_module<Model>) {
      nn::for_each_parameter(model, [&](const std::string&, auto& parameter) {
        found.insert(found.end(), parameter.grad().begin(), parameter.grad().end());
      });
      model.zero_grad();
    }
    if (stays)
      wanted = found;
    else
      BOOST_TEST(found == wanted, boost::test_tools::per_element());
  }
}

using Image = Tensor<float, 2, 4, 6, 6>;

BOOST_AUTO_TEST_CASE(activations_read_what_they_need) {
  const auto x = random<Rows>(3);
  check(nn::ReLU{}, x);
  check(nn::ReLU6{}, x);
  check(nn::Sigmoid{}, x);
  check(nn::Tanh{}, x);
  check(nn::LogSigmoid{}, x);
  check(nn::Softsign{}, x);
  check(nn::Tanhshrink{}, x);
  check(nn::ELU<>{}, x);
  check(nn::LeakyReLU<>{}, x);
  check(nn::Threshold<nn::threshold<0.1>, nn::value<20>>{}, x);
  check(nn::Hardtanh<>{}, x);
  check(nn::Softplus<>{}, x);
  check(nn::Softshrink<>{}, x);
  check([](const auto& v) { return functional::silu(v); }, x);
  check([](const auto& v) { return functional::gelu(v); }, x);
  check(nn::PReLU<>{}, x);
  check(nn::PReLU<nn::num_parameters<6>>{}, x);
  check(nn::Softmax<>{}, x);
  check(nn::Softmin<>{}, x);
  check(nn::LogSoftmax<>{}, x);
}

BOOST_AUTO_TEST_CASE(layers_read_what_they_need) {
  const auto x = random<Rows>();
  const auto image = random<Image>();
  check(nn::Linear<6, 3>{}, x);
  check(nn::Conv2d<4, 3, nn::kernel_size<3>>{}, image);
  check(nn::Conv2d<4, 4, nn::kernel_size<3>, nn::groups<4>>{}, image);
  check(nn::ConvTranspose2d<4, 3, nn::kernel_size<3>>{}, image);
  check(nn::BatchNorm1d<6>{}, x);
  check(nn::BatchNorm2d<4>{}, image);
  check(nn::BatchNorm2d<4>{}.eval(), image);
  check(nn::GroupNorm<2, 4>{}, image);
  check(nn::LayerNorm<nn::normalized_shape<6>>{}, image);
  check(nn::InstanceNorm2d<4>{}, image);
  check(nn::Dropout<>{}, x);
  check(nn::Dropout<>{}.eval(), x);
  check(nn::Dropout2d<>{}, image);
  check(nn::Flatten<>{}, image);
  check(nn::PixelShuffle<2>{}, image);
  check(nn::UpsamplingNearest2d<nn::scale_factor<2>>{}, image);
  check(nn::UpsamplingBilinear2d<nn::scale_factor<2>>{}, image);
  check(nn::ReflectionPad2d<nn::padding<1>>{}, image);
}

BOOST_AUTO_TEST_CASE(poolings_read_what_they_need) {
  const auto image = random<Image>();
  using Window = nn::kernel_size<2>;
  check(nn::MaxPool2d<Window>{}, image);
  check(nn::MaxPool2d<Window, nn::return_indices<true>>{}, image);
  check(nn::AvgPool2d<Window>{}, image);
  check(nn::AvgPool2d<nn::kernel_size<3>, nn::stride<1>, nn::padding<1>>{}, image);
  check(nn::LPPool2d<nn::norm_type<2>, Window>{}, image);
  check(nn::AdaptiveMaxPool2d<nn::output_size<4>>{}, image);
  check(nn::AdaptiveAvgPool2d<nn::output_size<4>>{}, image);
  check(nn::FractionalMaxPool2d<Window, nn::output_size<3>>{}, image);
  Tensor<std::int64_t, 2, 4, 6, 6> indices;
  for (std::size_t i = 0; i < indices.size(); ++i) indices.data()[i] = static_cast<std::int64_t>(i % 144);
  check([&](const auto& x) { return nn::MaxUnpool2d<Window>{}(x, indices); }, image);
}

BOOST_AUTO_TEST_CASE(functions_read_what_they_need) {
  const auto x = random<Rows>(), other = random<Rows>();
  nn::Parameter p{random<Rows>()};
  check([&](const auto& v) { return v + p; }, x);
  check([&](const auto& v) { return p - v; }, x);
  check([&](const auto& v) { return v * p; }, x);
  check([&](const auto& v) { return v / p; }, x);
  check([&](const auto& v) { return p / v; }, x);
  check([&](const auto& v) { return other * v; }, x);
  check([&](const auto& v) { return other - v; }, x);
  check([&](const auto& v) { return tenon::mm(v, tenon::reshape<6, 4>(p)); }, x);
  check([&](const auto& v) { return tenon::mm(tenon::reshape<6, 4>(p), v); }, x);
  check([&](const auto& v) { return tenon::cat<0>(v, p, other); }, x);
  check([](const auto& v) { return v[1]; }, x);
  check([&](const auto& v) { return nn::MSELoss<>{}(v, other); }, x);
  check([&](const auto& v) { return nn::PairwiseDistance<>{}(v, other); }, x);
  const auto labels = Tensor<std::int64_t, 4>::from(std::vector<std::int64_t>{0, 5, 1, 3});
  check([&](const auto& v) { return nn::CrossEntropyLoss<>{}(v, labels); }, x);
  check([&](const auto& v) { return nn::NLLLoss<>{}(v, labels); }, x);
  check([&](const auto& v) { return nn::MultiMarginLoss<>{}(v, labels); }, x);
}

/// The gradient of the bias alone, of a layer whose weight and input want none.
template <class Layer, class X>
void check_bias(Layer layer, const X& value) {
  layer.weight.requires_grad(false);
  const auto y = layer(nn::Variable{value});
  using Y = std::remove_cvref_t<decltype(y.data())>;
  Y gradient;
  gradient.fill(1);
  y.backward(gradient);
  BOOST_TEST(numbers(layer.bias.grad()) ==
                 list(layer.bias.data().size(), static_cast<float>(Y::size() / layer.bias.data().size())),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_bias_may_learn_alone) {
  const auto x = random<Rows>();
  const auto image = random<Image>();
  check_bias(nn::Linear<6, 3>{}, x);
  check_bias(nn::Conv2d<4, 3, nn::kernel_size<3>>{}, image);
  check_bias(nn::ConvTranspose2d<4, 3, nn::kernel_size<3>>{}, image);
  check_bias(nn::BatchNorm1d<6>{}, x);
  check_bias(nn::BatchNorm2d<4>{}, image);
  check_bias(nn::GroupNorm<2, 4>{}, image);
  check_bias(nn::LayerNorm<nn::normalized_shape<6>>{}, image);
}

}  // namespace
