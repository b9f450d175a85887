// Compares nets with the models that they are made of.
#pragma once

#include <boost/test/unit_test.hpp>

#include "difference.hpp"

namespace tenon_test {

/// Compares a net with the eager model, in its workspace and written over its input where that is of its type.
template <class Input, class Model>
void agrees(const char* name) {
  tenon::manual_seed(11);
  Model model;
  const Input x = random_input<Input>();
  model.train();
  for (int warm = 0; warm < 2; ++warm) (void)model(random_input<Input>());
  model.eval();
  const auto wanted = model(x);
  auto net = tenon::compile<Input>(model);
  (void)net(random_input<Input>());
  BOOST_TEST(difference(net(x), wanted) < 1e-5, name);
  if constexpr (std::is_same_v<typename decltype(net)::Output, Input>) {
    Input y = x;
    net(y, y);
    BOOST_TEST(difference(y, wanted) < 1e-5, name << ": net(x, x)");
  }
}
}  // namespace tenon_test
