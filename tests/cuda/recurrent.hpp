#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/recurrent.hpp"

BOOST_AUTO_TEST_SUITE(recurrent)
using namespace tenon_test;
constexpr double tolerance = 2e-5;

BOOST_AUTO_TEST_CASE(packed_sequences) {
  using tenon::cuda::copy;
  nn::LSTM<3, 5, nn::num_layers<2>, nn::bidirectional<true>> lstm;
  const auto x = random<Tensor<float, 4, 3, 3>>();
  const auto gradient = random<Tensor<float, 4, 3, 10>>();
  const auto on_device = lstm.cuda(0);
  const auto train = [&](auto& model, auto& input, const auto& grad) {
    const auto packed = nn::utils::rnn::pack_padded_sequence(input, std::array{4, 2, 1});
    const auto [y, hidden, memory] = model(packed);
    const auto [padded, lengths] = nn::utils::rnn::pad_packed_sequence(y);
    padded.backward(grad);
    return std::tuple{padded.data(), hidden.data(), memory.data()};
  };
  nn::Variable host_x{x, nn::requires_grad};
  nn::Variable device_x{copy(x), nn::requires_grad};
  const auto wanted = train(lstm, host_x, gradient);
  const auto found = train(on_device, device_x, copy(gradient));
  check_equal(std::get<0>(wanted), std::get<0>(found), tolerance);
  check_equal(std::get<1>(wanted), std::get<1>(found), tolerance);
  check_equal(std::get<2>(wanted), std::get<2>(found), tolerance);
  check_equal(host_x.grad(), device_x.grad(), tolerance);
  check_equal(lstm.weight_hh_l0.grad(), on_device.weight_hh_l0.state()->set_elements(), tolerance);
}

BOOST_AUTO_TEST_CASE(gradients_are_clipped) {
  nn::Linear<3, 4> linear;
  auto on_device = linear.cuda(0);
  const auto x = random<Tensor<float, 5, 3>>();
  const auto gradient = random<Tensor<float, 5, 4>>();
  linear(nn::Variable{x}).backward(gradient);
  on_device(nn::Variable{tenon::cuda::copy(x)}).backward(tenon::cuda::copy(gradient));
  const double wanted = nn::utils::clip_grad_norm(linear, 0.5), found = nn::utils::clip_grad_norm(on_device, 0.5);
  BOOST_TEST(wanted == found, boost::test_tools::tolerance(1e-5));
  check_equal(linear.weight.grad(), on_device.weight.grad(), tolerance);
  nn::utils::clip_grad_value(linear, 0.01);
  nn::utils::clip_grad_value(on_device, 0.01);
  check_equal(linear.weight.grad(), on_device.weight.grad(), tolerance);
}

BOOST_AUTO_TEST_SUITE_END()
