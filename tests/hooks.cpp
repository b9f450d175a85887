// Hooks: what they get, in which calls, and what they may do to a backward pass.
#include <boost/test/unit_test.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <tenon/tenon.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::AnyTensor;
using tenon::Tensor;
using Gradients = std::vector<std::optional<AnyTensor>>;
using Tensors = std::span<const AnyTensor>;
using list = std::vector<double>;

template <class Range>
list numbers(const Range& range) {
  return {range.begin(), range.end()};
}
list numbers(const AnyTensor& tensor) {
  const auto* const first = reinterpret_cast<const float*>(tensor.data());
  return {first, first + tensor.size()};
}
std::string error_of(auto&& action) {
  try {
    action();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}
void check_near(const list& found, const list& wanted) {
  BOOST_REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) BOOST_TEST(found[i] == wanted[i], boost::test_tools::tolerance(1e-6));
}

using Chain = nn::Sequential<nn::Linear<2, 2>, nn::Tanh, nn::Linear<2, 1>>;
using Rows = Tensor<float, 2, 2>;
using Column = Tensor<float, 2, 1>;
const Rows x = Rows::from({0.5F, 0.25F, -1.0F, 2.0F});

Chain chain() {
  Chain model;
  model[0_c].weight.data() = Rows::from({1, -2, 0.5F, 0.25F});
  model[0_c].bias.data() = Tensor<float, 2>::from({0.5F, -0.25F});
  model[2_c].weight.data() = Tensor<float, 1, 2>::from({3, -4});
  model[2_c].bias.data().fill(1);
  return model;
}

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<2, 2>, first), (nn::Shared<nn::Linear<2, 2>>, tied));
  auto forward(const auto& input) const { return tied(tied(first(input))); }
};
struct Pair : nn::Module<Pair> {
  BOOST_HANA_DEFINE_STRUCT(Pair);
  auto forward(const auto& a, const auto& b) const { return std::tuple{a * b, a + b}; }
};

// Whose layer computes a constant, also while a net is planned.
struct Constant : nn::Module<Constant> {
  BOOST_HANA_DEFINE_STRUCT(Constant, (nn::Linear<2, 2>, fc), (nn::Buffer<Rows>, rows));
  auto forward(const auto& input) const { return input + fc(rows.data()); }
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

BOOST_AUTO_TEST_CASE(hooks_are_not_copied_but_go_with_a_module_that_moves) {
  Chain model = chain();
  std::vector<const void*> met;
  auto handle = model[0_c].register_forward_hook([&](auto& module, Tensors, Tensors) { met.push_back(&module); });
  model[0_c].register_backward_hook([&](auto& module, Tensors, Tensors) { met.push_back(&module); });
  model(x);
  Chain copy = model, assigned;
  assigned = model;
  auto converted = model.to<double>();
  copy(x);
  assigned(x);
  converted(Tensor<double, 2, 2>{});
  BOOST_TEST(met == (std::vector<const void*>{&model[0_c]}), boost::test_tools::per_element());
  model = assigned;
  model = chain();
  BOOST_TEST(model[0_c].has_hooks());  // which stay with the variable

  const auto y = model(nn::Variable{x, nn::requires_grad});
  met.clear();
  Chain moved = std::move(model);
  y.backward(Column{});
  moved(x);
  BOOST_TEST(met == (std::vector<const void*>{&moved[0_c], &moved[0_c]}), boost::test_tools::per_element());
  std::swap(moved, copy);
  moved(x);
  BOOST_TEST(met.size() == 2u);
  copy(x);
  BOOST_TEST(met.back() == &copy[0_c]);
  handle.remove();
  copy(x);
  BOOST_TEST(met.size() == 3u);
}

BOOST_AUTO_TEST_CASE(handles_and_records_may_outlive_the_module) {
  auto alive = std::make_shared<int>(0);
  std::optional<nn::Linear<2, 1>> layer(std::in_place);
  auto handle = layer->register_forward_hook([alive](auto&, Tensors, Tensors) {});
  auto other = layer->register_backward_hook([alive](auto&, Tensors, Tensors) { ++*alive; });
  nn::Variable variable{x, nn::requires_grad};
  const auto y = (*layer)(variable);
  layer.reset();
  BOOST_TEST(alive.use_count() == 1);  // the hooks ended with the module
  y.backward(Column::from({1, 1}));
  BOOST_TEST(*alive == 0);
  BOOST_TEST(variable.grad()(0, 0) != 0);
  handle.remove();
  other.remove();
  layer.emplace();
  handle = layer->register_forward_hook([alive](auto&, Tensors, Tensors) {});
  handle.remove();
  BOOST_TEST(alive.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_hook_may_remove_hooks_and_register_others_while_it_runs) {
  nn::Tanh layer;
  std::string calls;
  std::optional<nn::RemovableHandle> first, second;
  first = layer.register_forward_hook([&, text = std::string("first ")](auto& module, Tensors, Tensors) {
    first->remove();
    second->remove();
    calls += text;  // this one lives on until it returns
    module.register_forward_hook([&](auto&, Tensors, Tensors) { calls += "new "; });
  });
  second = layer.register_forward_hook([&](auto&, Tensors, Tensors) { calls += "second "; });
  layer.register_forward_hook([&](auto&, Tensors, Tensors) { calls += "third "; });
  layer(x);
  BOOST_TEST(calls == "first third ");
  layer(x);
  BOOST_TEST(calls == "first third third new ");
  // One that is removed between forward and backward is not called.
  auto handle = layer.register_backward_hook([&](auto&, Tensors, Tensors) { calls += "backward "; });
  const auto y = layer(nn::Variable{x, nn::requires_grad});
  handle.remove();
  calls.clear();
  y.backward(x);
  BOOST_TEST(calls.empty());
}

BOOST_AUTO_TEST_CASE(what_a_hook_throws_ends_the_call_and_nothing_else) {
  Chain model = chain();
  bool throws = true;
  model[1_c].register_forward_hook([&](auto&, Tensors, Tensors) {
    if (throws) throw std::runtime_error("forward");
  });
  model[1_c].register_backward_hook([&](auto&, Tensors, Tensors) {
    if (throws) throw std::runtime_error("backward");
  });
  BOOST_CHECK_THROW(model(x), std::runtime_error);
  nn::Variable variable{x, nn::requires_grad};
  BOOST_CHECK_THROW(model(variable), std::runtime_error);
  throws = false;
  const auto failing = model(variable);
  throws = true;
  BOOST_CHECK_THROW(failing.backward(Column::from({1, 2})), std::runtime_error);
  BOOST_TEST(numbers(model[0_c].bias.grad()) == list(2, 0), boost::test_tools::per_element());
  throws = false;
  model.zero_grad();
  model(variable).backward(Column::from({1, 2}));
  BOOST_TEST(model[2_c].bias.grad()(0) == 3);
  BOOST_TEST(model[0_c].bias.grad()(0) != 0);
}

BOOST_AUTO_TEST_CASE(compiled_nets_leave_hooks_out_and_say_so) {
  Chain model = chain();
  using Net = tenon::net_t<Chain, Rows>;
  const auto printed = [](const Net& net) {
    std::ostringstream text;
    text << net.plan();
    return text.str();
  };
  BOOST_TEST(tenon::compile<Rows>(model).plan().hooked.empty());
  BOOST_TEST(printed(tenon::compile<Rows>(model)).find("hook") == std::string::npos);
  int calls = 0;
  model.register_forward_hook([&](auto&, Tensors, Tensors) { ++calls; });
  model[2_c].register_backward_hook([&](auto&, Tensors, Tensors) { ++calls; });
  auto net = tenon::compile<Rows>(model);
  net(x);
  BOOST_TEST(calls == 0);
  BOOST_TEST(net.plan().hooked == (std::vector<std::string>{"", "2"}), boost::test_tools::per_element());
  BOOST_TEST(printed(net).find("Left out: hooks of the model, 2\n") != std::string::npos);
  // Also those of a layer that a user's forward gives a constant, which is computed while the net is planned.
  Constant constant;
  constant.fc.register_forward_hook([&](auto&, Tensors, Tensors) { ++calls; });
  auto other = tenon::compile<Rows>(constant);
  other(x);
  BOOST_TEST(calls == 0);
  constant(x);
  BOOST_TEST(calls == 1);
}

}  // namespace
