// What Variables record, and what `backward` makes of it.
#include <boost/test/unit_test.hpp>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace functional = tenon::nn::functional;
using tenon::Tensor;
using Row = Tensor<float, 1, 3>;
using list = std::vector<float>;

Row row(float a, float b, float c) { return Row::from(list{a, b, c}); }
list numbers(const auto& tensor) { return {tensor.begin(), tensor.end()}; }

#define CHECK_ELEMENTS(tensor, ...) BOOST_TEST(numbers(tensor) == (list{__VA_ARGS__}), boost::test_tools::per_element())

std::string error_of(auto&& action) {
  try {
    action();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// y = x W^T + b with W = (1 2 3; 4 5 6), b = (10, 20).
nn::Linear<3, 2> simple_layer() {
  nn::Linear<3, 2> layer;
  layer.weight.data() = Tensor<float, 2, 3>::from(list{1, 2, 3, 4, 5, 6});
  layer.bias.data() = Tensor<float, 2>::from(list{10, 20});
  return layer;
}
const auto grad_output = Tensor<float, 1, 2>::from(list{1, 100});

BOOST_AUTO_TEST_CASE(backward_reaches_inputs_and_parameters) {
  auto layer = simple_layer();
  nn::Variable x{row(1, 1, 2), nn::requires_grad};
  CHECK_ELEMENTS(x.grad(), 0, 0, 0);
  CHECK_ELEMENTS(layer.weight.grad(), 0, 0, 0, 0, 0, 0);
  const auto y = layer(x);
  CHECK_ELEMENTS(y.data(), 19, 41);
  y.backward(grad_output);
  CHECK_ELEMENTS(x.grad(), 401, 502, 603);
  CHECK_ELEMENTS(layer.weight.grad(), 1, 1, 2, 100, 100, 200);
  CHECK_ELEMENTS(layer.bias.grad(), 1, 100);
}

BOOST_AUTO_TEST_CASE(gradients_accumulate_until_they_are_zeroed) {
  auto layer = simple_layer();
  nn::Variable x{row(1, 1, 2), nn::requires_grad};
  for (int pass = 0; pass < 3; ++pass) layer(x).backward(grad_output);
  CHECK_ELEMENTS(x.grad(), 1203, 1506, 1809);
  CHECK_ELEMENTS(layer.bias.grad(), 3, 300);
  layer.zero_grad();
  CHECK_ELEMENTS(layer.bias.grad(), 0, 0);
  CHECK_ELEMENTS(x.grad(), 1203, 1506, 1809);  // which is no part of the layer
  x.zero_grad();
  layer(x).backward(grad_output);
  CHECK_ELEMENTS(x.grad(), 401, 502, 603);
  CHECK_ELEMENTS(layer.bias.grad(), 1, 100);
  layer.bias.grad() = Tensor<float, 2>::from(list{7, 7});  // a gradient can be written too
  layer(x).backward(grad_output);
  CHECK_ELEMENTS(layer.bias.grad(), 8, 107);
}

BOOST_AUTO_TEST_CASE(a_value_used_twice_gets_both_gradients) {
  nn::Variable x{row(-1, 2, 3), nn::requires_grad};
  (x + x).backward(row(1, 10, 100));
  CHECK_ELEMENTS(x.grad(), 2, 20, 200);
  x.zero_grad();
  // Both ways from a recorded value: h = 2x, y = relu(h) + h.
  const auto h = x + x;
  (functional::relu(h) + h).backward(row(1, 10, 100));
  CHECK_ELEMENTS(h.grad(), 1, 20, 200);
  CHECK_ELEMENTS(x.grad(), 2, 40, 400);
}

BOOST_AUTO_TEST_CASE(tensors_and_parameters_are_operands) {
  nn::Parameter<Row> shift(row(1, 2, 3));
  nn::Variable x{row(1, 1, 1)};
  const auto y = shift + x + row(10, 10, 10);
  CHECK_ELEMENTS(y.data(), 12, 13, 14);
  y.backward(row(1, 2, 3));
  CHECK_ELEMENTS(shift.grad(), 1, 2, 3);
  CHECK_ELEMENTS(x.grad(), 0, 0, 0);  // did not ask for one
}

BOOST_AUTO_TEST_CASE(several_results_go_backward_at_once) {
  nn::Variable x{row(-1, 2, 3), nn::requires_grad};
  const auto h = x + x;
  const auto a = functional::relu(h), b = h + h;
  tenon::backward(a, row(1, 1, 1), b, row(10, 10, 10));
  CHECK_ELEMENTS(x.grad(), 40, 42, 42);
}

BOOST_AUTO_TEST_CASE(a_scalar_needs_no_gradient_of_its_own) {
  nn::Variable x{row(1, 2, 3), nn::requires_grad};
  const auto loss = nn::MSELoss<>{}(x, row(1, 5, -3));
  BOOST_TEST(loss.item() == 15);
  loss.backward();
  CHECK_ELEMENTS(x.grad(), 0, -2, 4);
}

BOOST_AUTO_TEST_CASE(a_record_is_used_once) {
  nn::Variable x{row(1, 2, 3), nn::requires_grad};
  const auto h = x + x;
  const auto y = functional::relu(h), z = h + h;
  y.backward(row(1, 1, 1));
  CHECK_ELEMENTS(x.grad(), 2, 2, 2);
  const std::string released = "backward: the record of this result was released by an earlier backward";
  BOOST_TEST(error_of([&] { y.backward(row(1, 1, 1)); }) == released);
  BOOST_TEST(error_of([&] { h.backward(row(1, 1, 1)); }) == released);
  // z has its record, but not what lies before it: better an error than a gradient that silently ends.
  BOOST_TEST(error_of([&] { z.backward(row(1, 1, 1)); }).starts_with("backward: the record of a value on the way"));
  CHECK_ELEMENTS(x.grad(), 2, 2, 2);
  (x + x).backward(row(1, 1, 1));  // and what comes next is as ever
  CHECK_ELEMENTS(x.grad(), 4, 4, 4);
}

BOOST_AUTO_TEST_CASE(where_no_gradient_is_wanted_nothing_is_recorded) {
  const std::string nothing = "backward: nothing is recorded; no input or parameter of this result requires a gradient";
  nn::Variable plain{row(1, 2, 3)};
  BOOST_TEST(error_of([&] { (plain + plain).backward(row(1, 1, 1)); }) == nothing);

  // no_grad wins over everything it meets.
  auto layer = simple_layer();
  nn::Variable frozen{row(1, 1, 2), nn::no_grad}, x{row(0, 0, 0), nn::requires_grad};
  const auto y = layer(frozen + x);
  CHECK_ELEMENTS(y.data(), 19, 41);
  BOOST_TEST(error_of([&] { y.backward(grad_output); }) == nothing);
  CHECK_ELEMENTS(x.grad(), 0, 0, 0);
  CHECK_ELEMENTS(layer.bias.grad(), 0, 0);
}

BOOST_AUTO_TEST_CASE(a_parameter_that_requires_no_gradient_gets_none) {
  auto layer = simple_layer();
  layer.weight.requires_grad(false);
  nn::Variable x{row(1, 1, 2), nn::requires_grad};
  layer(x).backward(grad_output);
  CHECK_ELEMENTS(layer.weight.grad(), 0, 0, 0, 0, 0, 0);
  CHECK_ELEMENTS(layer.bias.grad(), 1, 100);
  CHECK_ELEMENTS(x.grad(), 401, 502, 603);
  layer.bias.requires_grad(false);
  nn::Variable plain{row(1, 1, 2)};
  BOOST_CHECK_THROW(layer(plain).backward(grad_output), tenon::Error);
  layer.weight.requires_grad(true);
  layer(plain).backward(grad_output);
  CHECK_ELEMENTS(layer.weight.grad(), 1, 1, 2, 100, 100, 200);
  CHECK_ELEMENTS(layer.bias.grad(), 1, 100);
}

BOOST_AUTO_TEST_CASE(a_variable_is_a_handle) {
  nn::Variable x{row(1, 2, 3), nn::requires_grad};
  const auto same = x;
  (x + same).backward(row(1, 1, 1));
  CHECK_ELEMENTS(same.grad(), 2, 2, 2);
  x.data() = row(7, 8, 9);
  CHECK_ELEMENTS(same.data(), 7, 8, 9);
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_recorded_and_released) {
  nn::Variable x{row(1, 2, 3), nn::requires_grad};
  {
    nn::Variable y = functional::relu(x);
    for (int i = 0; i < 20000; ++i) y = functional::relu(y);
    y.backward(row(1, 2, 3));
  }
  CHECK_ELEMENTS(x.grad(), 1, 2, 3);
  nn::Variable dropped = functional::relu(x);
  for (int i = 0; i < 200000; ++i) dropped = functional::relu(dropped);  // released without a backward
}

BOOST_AUTO_TEST_CASE(results_may_end_before_their_backward) {
  auto layer = simple_layer();
  nn::Variable loss = [&] {
    const nn::Variable x{row(1, 1, 2), nn::requires_grad};
    return nn::MSELoss<>{}(layer(x), Tensor<float, 1, 2>::from(list{18, 39}));
  }();
  loss.backward();
  CHECK_ELEMENTS(layer.bias.grad(), 1, 2);
  loss = nn::MSELoss<>{}(layer(nn::Variable{row(0, 0, 0)}), Tensor<float, 1, 2>());  // nobody goes back here
  CHECK_ELEMENTS(layer.bias.grad(), 1, 2);
}

/// Waits for the gradient of a parameter, and notes what a layer's bias has when a backward pass comes to it.
class AwaitingNode final : public tenon::autograd::Node {
 public:
  using Layer = nn::Linear<2, 2>;
  AwaitingNode(Order order, Layer& awaited, Layer& observed, list& found)
      : Node(order), state_(*awaited.bias.state()), observed_(observed), found_(found) {
    state_.awaited_by(tenon::autograd::NodePointer(this), slot_);
  }
  void propagate(tenon::autograd::BackwardQueue&) override {
    found_ = numbers(observed_.bias.grad());
    if (!has_order()) found_ = {-1};
    let_go();
  }
  void let_go() override {
    const tenon::autograd::NodePointer self(this);
    state_.forget_producer();
    if (slot_.held) state_.let_go(false);
  }

 private:
  tenon::autograd::AnyState& state_;
  Layer& observed_;
  list& found_;
  tenon::autograd::OutputSlot slot_;
};

BOOST_AUTO_TEST_CASE(a_node_may_await_the_gradient_of_a_parameter) {
  using Order = tenon::autograd::Node::Order;
  nn::Linear<2, 2> first, twice;
  twice.weight.data() = Tensor<float, 2, 2>::from(list{1, 0, 0, 1});
  const nn::Variable x{Tensor<float, 1, 2>::from(list{1, 2})};
  const auto g = Tensor<float, 1, 2>::from(list{1, 1});
  list found;
  const auto pass = [&](Order order, auto& awaited, auto& observed) {
    first.zero_grad();
    twice.zero_grad();
    new AwaitingNode(order, awaited, observed, found);
    twice(twice(first(x))).backward(g);
    return found;
  };
  BOOST_TEST(pass(Order::before_first_use, twice, twice) == (list{2, 2}), boost::test_tools::per_element());
  BOOST_TEST(pass(Order::before_first_use, twice, first) == (list{0, 0}), boost::test_tools::per_element());  // not yet
  BOOST_TEST(pass(Order::last, twice, first) == (list{1, 1}), boost::test_tools::per_element());
  BOOST_TEST(numbers(twice.bias.grad()) == (list{2, 2}), boost::test_tools::per_element());
  BOOST_TEST(!twice.bias.state()->recorded());

  // Nobody wants the gradient of a frozen parameter, awaited or not.
  twice.weight.requires_grad(false);
  twice.bias.requires_grad(false);
  new AwaitingNode(Order::before_first_use, twice, twice, found);
  BOOST_TEST(!twice(x).state()->wants_grad());
  twice.bias.state()->producer()->let_go();
  twice.weight.requires_grad(true);
  twice.bias.requires_grad(true);

  // One that was there only after the record has no place in it.
  const auto y = twice(x);
  new AwaitingNode(Order::before_first_use, twice, twice, found);
  y.backward(g);
  BOOST_TEST(found == (list{-1}), boost::test_tools::per_element());
}

}  // namespace
