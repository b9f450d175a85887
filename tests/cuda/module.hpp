#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(module)
using namespace tenon_test;
using namespace tenon::literals;

using Block = nn::Sequential<nn::Conv2d<4, 4, nn::kernel_size<3>, nn::padding<1>, nn::bias<false>>, nn::BatchNorm2d<4>,
                             nn::ReLU, nn::Conv2d<4, 4, nn::kernel_size<1>>, nn::BatchNorm2d<4>>;
using Net = nn::Sequential<nn::Named<"stem", nn::Conv2d<3, 4, nn::kernel_size<3>>>, nn::BatchNorm2d<4>, nn::Tanh,
                           nn::Residual<Block>, nn::ReLU,
                           nn::Residual<nn::Sequential<nn::BatchNorm2d<4>, nn::Tanh>, nn::BatchNorm2d<4>>,
                           nn::Dropout<>, nn::Flatten<>, nn::Linear<4 * 5 * 4, 3>, nn::LogSoftmax<>>;
using Images = Tensor<float, 3, 3, 7, 6>;

// A step in training mode moves the statistics; then evaluation, eager and compiled.
BOOST_AUTO_TEST_CASE(residual_chain) {
  Net net;
  net[6_c].eval();  // dropout draws other numbers there
  auto on_device = net.cuda(0);
  const auto x = random<Images>();
  check_equal(net(x), on_device(tenon::cuda::copy(x)), 1e-4);
  net.eval();
  on_device.eval();
  check_equal(net(x), on_device(tenon::cuda::copy(x)), 1e-4);
  check_compiled(net, x, 1e-4);
}

template <class T = float>
struct Skip : nn::Module<Skip<T>> {
  using Hidden = nn::Linear<6, 6, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Skip, (Hidden, first), (Hidden, second));
  auto forward(const auto& x) {
    const auto h = nn::functional::relu(first(x));
    const auto both = nn::functional::tanh(h + second(h)) + h;
    return tenon::reshape<2, 9>(both);
  }
};

BOOST_AUTO_TEST_CASE(user_module) {
  check_on_device<Skip<>, Tensor<float, 3, 6>>();
  check_on_device<Skip<double>, Tensor<double, 3, 6>>();
  // In a chain, where the stage before may take in what reads its output only once.
  check_on_device<nn::Sequential<nn::Linear<5, 6>, Skip<>, nn::ReLU>, Tensor<float, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(hooks) {
  using X = Tensor<float, 3, 2>;
  using Tensors = std::span<const tenon::AnyTensor>;
  const nn::Linear<2, 1> host;
  auto layer = host.cuda(0);
  const auto x = random<X>();
  int calls = 0;
  layer.register_forward_hook([&](auto&, const tenon::AnyTensor& input, Tensors) {
    ++calls;
    BOOST_TEST((input.get<X>() == x));
  });
  layer.register_backward_hook(
      [&](auto&, const tenon::AnyTensor& grad_input, Tensors) -> std::optional<tenon::AnyTensor> {
        ++calls;
        return tenon::AnyTensor(X(grad_input.get<X>() * 2.0F));
      });
  nn::Variable variable{tenon::cuda::copy(x), nn::requires_grad};
  layer(variable).backward(tenon::cuda::copy(Tensor<float, 3, 1>::from({1, 2, 4})));
  BOOST_TEST(calls == 2);
  BOOST_TEST(variable.grad().to_host()(2, 1) == 8 * host.weight.data()(0, 1));
}

BOOST_AUTO_TEST_CASE(further_members) {
  const auto extended = nn::Linear<2, 1>{}
                            .register_buffer("shift"_n, Tensor<float, 2>::from({1, 2}))
                            .register_buffer("count"_n, Tensor<std::int64_t, 1>::from({3}));
  const auto on_device = extended.cuda(0);
  BOOST_TEST(on_device["shift"_n].data().to_host()(1) == 2);
  BOOST_TEST(on_device.cpu()["count"_n].data()(0) == 3);
  const auto x = random<Tensor<float, 3, 2>>();
  check_equal(extended(x), on_device(tenon::cuda::copy(x)), closely<float>);
}

BOOST_AUTO_TEST_CASE(operators) {
  const auto a = random<Tensor<float, 2, 3>>(), b = random<Tensor<float, 2, 3>>();
  check_equal(Tensor<float, 2, 3>(a + b), tenon::cuda::copy(a) + tenon::cuda::copy(b), exactly);
  check_equal(tenon::reshape<6>(a), tenon::reshape<6>(tenon::cuda::copy(a)), exactly);
}

using Small = nn::Sequential<nn::Named<"stem", nn::Conv2d<1, 2, nn::kernel_size<3>>>, nn::BatchNorm2d<2>>;

BOOST_AUTO_TEST_CASE(conversions) {
  Small net;
  net.eval();
  net["stem"_n].weight.requires_grad(false);
  net[1_c].running_var.data() = random<Tensor<float, 2>>();
  const auto back = net.to<double>().cuda(0).to<float>().cpu();
  static_assert(std::is_same_v<decltype(back), const Small>);
  static_assert(std::is_same_v<decltype(Skip<double>().cuda(0).cpu()), Skip<double>>);
  BOOST_TEST(!back.is_training());
  BOOST_TEST(!back["stem"_n].weight.requires_grad());
  check_equal(net["stem"_n].weight.data(), back["stem"_n].weight.data(), exactly);
  check_equal(net[1_c].running_var.data(), back[1_c].running_var.data(), exactly);
}

BOOST_AUTO_TEST_CASE(state_dict) {
  const Small net;
  auto on_device = Small().cuda(0);
  on_device.load_state_dict(net.state_dict());
  const tenon::StateDict dict = on_device.state_dict();
  nn::for_each_parameter(net, [&](const std::string& name, const auto& parameter) {
    using TensorType = std::remove_cvref_t<decltype(parameter.data())>;
    check_equal(parameter.data(), dict[name].template get<TensorType>(), exactly);
  });
}

BOOST_AUTO_TEST_CASE(initialisation) {
  tenon::manual_seed(3);
  nn::Linear<8, 8> layer;
  auto on_device = layer.cuda(0);
  on_device.weight.data().fill(0);
  tenon::manual_seed(3);
  on_device.reset_parameters();
  check_equal(layer.weight.data(), on_device.weight.data(), exactly);
  check_equal(layer.bias.data(), on_device.bias.data(), exactly);
}

BOOST_AUTO_TEST_CASE(recording) {
  auto layer = nn::Linear<3, 1>().cuda(0);
  const tenon::cuda::Tensor<float, 1, 3> x;
  const nn::Variable y = layer(nn::Variable(x));
  check_equal(layer(x).to_host(), y.data(), exactly);
  check_equal(layer(x).to_host(), layer(nn::Variable(x, nn::no_grad)).data(), exactly);
  // Gradients accumulate, and a record serves once.
  y.backward();
  BOOST_CHECK_THROW(y.backward(), tenon::Error);
  layer(nn::Variable(x)).backward();
  check_equal(Tensor<float, 1>::from(std::array{2.f}), layer.bias.grad(), exactly);
  layer.zero_grad();
  check_equal(Tensor<float, 1>(), layer.bias.grad(), exactly);
}

BOOST_AUTO_TEST_SUITE_END()
