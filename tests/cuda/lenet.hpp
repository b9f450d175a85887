#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(lenet)
using namespace against_host;

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

BOOST_AUTO_TEST_SUITE_END()
