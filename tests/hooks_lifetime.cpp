// Hooks when modules are copied, moved and destroyed, when hooks go and throw, and in compiled nets.
#include <memory>
#include <sstream>
#include <stdexcept>

#include "hooks.hpp"

using namespace tenon_test_hooks;

namespace {

// Whose layer computes a constant, also while a net is planned.
struct Constant : nn::Module<Constant> {
  BOOST_HANA_DEFINE_STRUCT(Constant, (nn::Linear<2, 2>, fc), (nn::Buffer<Rows>, rows));
  auto forward(const auto& input) const { return input + fc(rows.data()); }
};

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
  BOOST_TEST(net.plan().hooked == (std::vector<tenon::Text>{"", "2"}), boost::test_tools::per_element());
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
