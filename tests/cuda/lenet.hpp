#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(lenet)
using namespace tenon_test;

using LeNet =
    nn::Sequential<nn::Conv2d<1, 6, nn::kernel_size<5>, nn::padding<2>>, nn::ReLU, nn::MaxPool2d<nn::kernel_size<2>>,
                   nn::Conv2d<6, 16, nn::kernel_size<5>>, nn::ReLU, nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>,
                   nn::Linear<400, 120>, nn::ReLU, nn::Linear<120, 84>, nn::ReLU, nn::Linear<84, 10>>;
using Images = Tensor<float, 5, 1, 28, 28>;

BOOST_AUTO_TEST_CASE(eager) {
  LeNet net;
  check_eager(net, random<Images>(), 1e-5);
}

BOOST_AUTO_TEST_CASE(compiled) {
  LeNet model;
  const auto x = random<Images>(), z = random<Images>();
  const auto expected = model(x), other = model(z);
  auto net = tenon::cuda::compile<Images>(model, 0);
  auto copy = net;
  const auto& y = net(tenon::cuda::copy(x));
  check_equal(other, copy(tenon::cuda::copy(z)), 1e-5);
  check_equal(expected, y, 1e-5);  // the copy wrote elsewhere

  nn::for_each_parameter(model, [](const std::string&, auto& parameter) { parameter.data().fill(0); });
  tenon::cuda::Tensor<float, 5, 10> result;
  net(tenon::cuda::copy(z), result);  // the weights are a snapshot
  check_equal(other, result, 1e-5);

  // From a model that is on the device already.
  LeNet again;
  auto from_device = tenon::cuda::compile<Images>(again.cuda(0), 0);
  check_equal(again(x), from_device(tenon::cuda::copy(x)), 1e-5);
}

/// The parameters after some steps of training, from the same ones on the same images, at each of the two places.
template <class Optimizer>
void check_training(const typename Optimizer::Options& options) {
  using Batch = Tensor<float, 8, 1, 28, 28>;
  LeNet net;
  auto on_device = net.cuda(0);
  Optimizer optimizer{net, options}, device_optimizer{on_device, options};
  const nn::CrossEntropyLoss<> criterion;
  const auto before = net.state_dict();
  for (int step = 0; step < 6; ++step) {
    const auto images = random<Batch>();
    Tensor<std::int64_t, 8> classes;
    for (std::int64_t& label : classes) label = static_cast<std::int64_t>(engine()() % 10);
    optimizer.zero_grad();
    device_optimizer.zero_grad();
    const auto loss = criterion(net(nn::Variable{images}), classes);
    const auto device_loss = criterion(on_device(nn::Variable{tenon::cuda::copy(images)}), tenon::cuda::copy(classes));
    BOOST_TEST(std::abs(loss.item() - device_loss.item()) < 1e-4f);
    loss.backward();
    device_loss.backward();
    optimizer.step();
    device_optimizer.step();
  }
  const auto dict = on_device.state_dict();
  nn::for_each_parameter(net, [&](const std::string& name, const auto& parameter) {
    using TensorType = std::remove_cvref_t<decltype(parameter.data())>;
    check_equal(parameter.data(), dict[name].template get<TensorType>(), 1e-5);
    BOOST_TEST(!(before[name].template get<TensorType>() == parameter.data()), name);
  });
}

BOOST_AUTO_TEST_CASE(trained_by_sgd) {
  check_training<tenon::optim::SGD>({.lr = 0.05, .weight_decay = 0.01});
  check_training<tenon::optim::SGD>({.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01});
}

// With a larger eps than usual: else the sign of a gradient that is zero but for rounding would be a whole step.
BOOST_AUTO_TEST_CASE(trained_by_adam) {
  check_training<tenon::optim::Adam>({.lr = 0.01, .eps = 1e-3, .weight_decay = 0.01});
}

BOOST_AUTO_TEST_SUITE_END()
