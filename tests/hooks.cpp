// Hooks: what they get, in which calls, and what they may do to a backward pass.
#include "hooks.hpp"

using namespace tenon_test_hooks;

namespace {

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<2, 2>, first), (nn::Shared<nn::Linear<2, 2>>, tied));
  auto forward(const auto& input) const { return tied(tied(first(input))); }
};
struct Pair : nn::Module<Pair> {
  BOOST_HANA_DEFINE_STRUCT(Pair);
  auto forward(const auto& a, const auto& b) const { return std::tuple{a * b, a + b}; }
};

BOOST_AUTO_TEST_CASE(a_forward_hook_gets_copies_of_input_and_output_in_every_call) {
  Chain model = chain();
  std::vector<list> inputs, outputs;
  const void* met = nullptr;
  auto handle = model[2_c].register_forward_hook([&](auto& module, const AnyTensor& input, const AnyTensor& output) {
    static_assert(std::is_same_v<decltype(module), nn::Linear<2, 1>&>);
    met = &module;
    inputs.push_back(numbers(input));
    outputs.push_back(numbers(output));
    BOOST_TEST((input.dtype() == tenon::DType::F32));
    BOOST_TEST(output.extents() == (std::vector<tenon::index_t>{2, 1}), boost::test_tools::per_element());
  });
  const Column y = model(x);
  const auto recorded = model(nn::Variable{x});
  std::as_const(model)(x);
  model(x + 0.0F);
  model(nn::Variable{x, nn::no_grad});
  BOOST_TEST(met == &model[2_c]);
  BOOST_REQUIRE(inputs.size() == 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(inputs[i] == inputs[0], boost::test_tools::per_element());
    BOOST_TEST(outputs[i] == numbers(y), boost::test_tools::per_element());
  }
  check_near(inputs[0], {std::tanh(0.5), std::tanh(0.0625), std::tanh(-4.5), std::tanh(-0.25)});
  handle.remove();
  handle.remove();
  model(x);
  BOOST_TEST(inputs.size() == 5u);
  BOOST_TEST(!model[2_c].has_hooks());
}

BOOST_AUTO_TEST_CASE(hooks_are_on_modules_of_any_kind_and_called_in_order) {
  User model;
  std::string calls;
  model.register_forward_hook([&](auto&, const AnyTensor&, const AnyTensor&) { calls += "user "; });
  model.first.register_forward_hook([&](nn::Linear<2, 2>&, const auto&, const auto&) { calls += "first "; });
  model.first.register_forward_hook([&](auto&, Tensors, Tensors) { calls += "again "; });
  model.tied.register_forward_hook([&](nn::Linear<2, 2>&, const AnyTensor&, Tensors) { calls += "tied "; });
  model(x);
  BOOST_TEST(calls == "first again tied tied user ");
  model(nn::Variable{x});
  BOOST_TEST(calls == "first again tied tied user first again tied tied user ");
  nn::Sequential wrapped{std::move(model), nn::ReLU{}};
  calls.clear();
  wrapped.register_forward_hook([&](auto&, Tensors, const AnyTensor&) { calls += "whole "; });
  wrapped[1_c].register_forward_hook([&](nn::ReLU&, const AnyTensor&, const AnyTensor&) { calls += "relu "; });
  wrapped(x);
  BOOST_TEST(calls == "first again tied tied user relu whole ");
}

BOOST_AUTO_TEST_CASE(a_backward_hook_sees_gradients_and_may_replace_that_of_the_input) {
  Chain model = chain();
  list grad_input, grad_output;
  auto handle = model[2_c].register_backward_hook(
      [&](nn::Linear<2, 1>&, const AnyTensor& input, const AnyTensor& output) -> std::optional<AnyTensor> {
        grad_input = numbers(input);
        grad_output = numbers(output);
        return AnyTensor(Rows(2.0F * input.get<Rows>()));
      });
  nn::Variable variable{x, nn::requires_grad};
  model(variable).backward(Column::from({1, 2}));
  // torch: the same with l2.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
  check_near(grad_input, {3.0, -4.0, 6.0, -8.0});
  check_near(grad_output, {1.0, 2.0});
  check_near(numbers(variable.grad()),
             {0.7342705726623535, -11.429579734802246, -7.51419734954834, -3.771902561187744});
  check_near(numbers(model[0_c].weight.grad()),
             {2.353421449661255, 1.1915147304534912, 11.055822372436523, -32.07268142700195});
  check_near(numbers(model[0_c].bias.grad()), {4.724607467651367, -23.00906753540039});
  check_near(numbers(model[2_c].weight.grad()), {-1.5373892784118652, -0.4274185597896576});
  check_near(numbers(model[2_c].bias.grad()), {3.0});

  // Gradients add, and without the hook they are half of that before it.
  const list with_hook = numbers(variable.grad());
  variable.zero_grad();
  handle.remove();
  model(variable).backward(Column::from({1, 2}));
  list twice = numbers(variable.grad());
  for (double& number : twice) number *= 2;
  check_near(twice, with_hook);
}

BOOST_AUTO_TEST_CASE(hooks_that_return_nothing_change_no_bit) {
  Chain model = chain(), same = model;
  std::string calls;
  model.register_backward_hook([&](Chain&, const AnyTensor&, const AnyTensor&) { calls += "chain "; });
  model[1_c].register_backward_hook([&](auto&, Tensors, Tensors) { calls += "tanh "; });
  model[1_c].register_backward_hook([&](auto&, Tensors, Tensors) -> std::optional<AnyTensor> { return {}; });
  model[1_c].register_backward_hook([&](auto&, Tensors, Tensors) -> Gradients { return {}; });
  nn::Variable u{x, nn::requires_grad}, v{x, nn::requires_grad};
  model(u).backward(Column::from({1, 2}));
  same(v).backward(Column::from({1, 2}));
  BOOST_TEST(calls == "tanh chain ");
  BOOST_TEST((u.grad() == v.grad()));
  BOOST_TEST((model[0_c].weight.grad() == same[0_c].weight.grad()));
  BOOST_TEST((model[2_c].bias.grad() == same[2_c].bias.grad()));
}

BOOST_AUTO_TEST_CASE(the_gradient_of_an_input_that_needs_none_has_no_elements) {
  Chain model = chain();
  std::vector<tenon::index_t> sizes;
  auto handle = model[0_c].register_backward_hook(
      [&](auto&, const AnyTensor& input, const AnyTensor& output) { sizes = {input.size(), output.size()}; });
  const auto pass = [&] { model(nn::Variable{x}).backward(Column::from({1, 2})); };
  pass();
  BOOST_TEST(sizes == (std::vector<tenon::index_t>{0, 4}), boost::test_tools::per_element());
  BOOST_TEST(model[0_c].weight.grad()(0, 0) != 0);
  handle.remove();
  model[0_c].register_backward_hook([&](auto&, Tensors, Tensors) { return std::optional<AnyTensor>(Rows{}); });
  BOOST_TEST(error_of(pass) == "register_backward_hook: the gradient of input 0: wanted none, found F32 (2, 2)");
}

BOOST_AUTO_TEST_CASE(a_gradient_of_another_shape_or_dtype_is_an_error) {
  Chain model = chain();
  std::optional<AnyTensor> returned;
  model[2_c].register_backward_hook([&](auto&, Tensors, Tensors) { return returned; });
  nn::Variable variable{x, nn::requires_grad};
  const auto pass = [&] { model(variable).backward(Column::from({1, 2})); };
  returned = Tensor<float, 2, 3>{};
  const std::string wanted = "register_backward_hook: the gradient of input 0: wanted F32 (2, 2), found ";
  BOOST_TEST(error_of(pass) == wanted + "F32 (2, 3)");
  returned = Tensor<double, 2, 2>{};
  BOOST_TEST(error_of(pass) == wanted + "F64 (2, 2)");
  BOOST_TEST(numbers(variable.grad()) == list(4, 0), boost::test_tools::per_element());
  returned = Rows{};  // the next pass is as if there had been none
  pass();
  BOOST_TEST(numbers(variable.grad()) == list(4, 0), boost::test_tools::per_element());
  BOOST_TEST(model[2_c].bias.grad()(0) == 9);
}

BOOST_AUTO_TEST_CASE(several_inputs_and_results_are_spans) {
  Pair pair;
  using Two = Tensor<float, 2>;
  nn::Variable a{Two::from({2, 3}), nn::requires_grad}, b{Two::from({5, 7}), nn::requires_grad};
  std::vector<list> seen;
  pair.register_forward_hook([&](auto&, Tensors inputs, Tensors outputs) {
    for (const auto& tensors : {inputs, outputs})
      for (const AnyTensor& tensor : tensors) seen.push_back(numbers(tensor));
  });
  auto handle = pair.register_backward_hook([&](auto&, Tensors inputs, Tensors outputs) {
    for (const auto& tensors : {inputs, outputs})
      for (const AnyTensor& tensor : tensors) seen.push_back(numbers(tensor));
    return Gradients{std::nullopt, AnyTensor(Two(10.0F * inputs[1].get<Two>()))};
  });
  {
    const auto product = std::get<0>(pair(a, b));
    product.backward(Two::from({1, 1}));
  }
  // torch: u, v = pair(a, b); u.backward(ones) gives gi = ([5, 7], [2, 3]), go = ([1, 1], None); here None is zeros.
  const std::vector<list> wanted{{2, 3}, {5, 7}, {10, 21}, {7, 10}, {5, 7}, {2, 3}, {1, 1}, {0, 0}};
  BOOST_TEST((seen == wanted));
  BOOST_TEST(numbers(a.grad()) == (list{5, 7}), boost::test_tools::per_element());
  BOOST_TEST(numbers(b.grad()) == (list{20, 30}), boost::test_tools::per_element());

  // Only one needs a gradient; the other is a Tensor. The same Variable twice is two inputs.
  seen.clear();
  b.zero_grad();
  std::get<1>(pair(Two::from({2, 3}), b)).backward(Two::from({1, 2}));
  BOOST_TEST((seen == std::vector<list>{{2, 3}, {5, 7}, {10, 21}, {7, 10}, {}, {1, 2}, {0, 0}, {1, 2}}));
  BOOST_TEST(numbers(b.grad()) == (list{10, 20}), boost::test_tools::per_element());
  a.zero_grad();
  std::get<1>(pair(a, a)).backward(Two::from({1, 2}));
  BOOST_TEST(numbers(a.grad()) == (list{1 + 10, 2 + 20}), boost::test_tools::per_element());

  handle.remove();
  handle = pair.register_backward_hook([](auto&, Tensors, Tensors) { return Gradients(3); });
  BOOST_TEST(error_of([&] { std::get<0>(pair(a, b)).backward(Two{}); }) ==
             "register_backward_hook: wanted 2 gradients, one for each input, found 3");
  handle.remove();
  pair.register_forward_hook([](auto&, const AnyTensor&, Tensors) {});
  BOOST_TEST(error_of([&] { pair(a, b); }) ==
             "register_forward_hook: wanted one input, found 2: a hook of such a module takes std::span<const "
             "tenon::AnyTensor>");

  nn::MaxPool1d<nn::kernel_size<2>, nn::return_indices<true>> pool;
  std::vector<tenon::DType> types;
  const auto note = [&](auto&, const AnyTensor&, Tensors tensors) {
    for (const AnyTensor& tensor : tensors) types.push_back(tensor.dtype());
  };
  pool.register_forward_hook(note);
  pool.register_backward_hook(note);
  nn::Variable row{Tensor<float, 1, 1, 4>::from({1, 2, 4, 3}), nn::requires_grad};
  const auto [largest, indices] = pool(row);
  largest.backward(Tensor<float, 1, 1, 2>::from({1, 2}));
  BOOST_TEST((types == std::vector{tenon::DType::F32, tenon::DType::I64, tenon::DType::F32, tenon::DType::I64}));
  BOOST_TEST(numbers(row.grad()) == (list{0, 1, 2, 0}), boost::test_tools::per_element());
  nn::CrossEntropyLoss<> loss;
  loss.register_forward_hook([&](auto&, Tensors inputs, const AnyTensor&) {
    BOOST_TEST((inputs[1].dtype() == tenon::DType::I64));
    types.clear();
  });
  loss(nn::Variable{Tensor<float, 2, 3>{}}, Tensor<std::int64_t, 2>{});
  BOOST_TEST(types.empty());
}

}  // namespace
