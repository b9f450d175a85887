// Compares nets with the models that they are made of.
#pragma once

#include <boost/test/unit_test.hpp>

#include "difference.hpp"

namespace tenon_test {

namespace nn = tenon::nn;
template <tenon::index_t In, tenon::index_t Out, class... Options>
using Conv = nn::Conv2d<In, Out, nn::kernel_size<3>, nn::padding<1>, Options...>;
using Image = tenon::Tensor<float, 2, 3, 4, 5>;

// Either operand of a sum may be read again, or have taken in a sum already.
struct ReadAgain : nn::Module<ReadAgain> {
  BOOST_HANA_DEFINE_STRUCT(ReadAgain, (Conv<3, 17>, a), (Conv<17, 17>, b));
  auto forward(const auto& x) const {
    auto y = a(x);
    auto z = b(y);
    return nn::functional::relu(z + y) * z;
  }
};
struct SumOfSums : nn::Module<SumOfSums> {
  BOOST_HANA_DEFINE_STRUCT(SumOfSums, (nn::Linear<5, 5>, a), (nn::Linear<5, 5>, b), (nn::Linear<5, 5>, c));
  auto forward(const auto& x) const { return nn::functional::tanh(a(x) + b(x) + c(x)) + a(nn::functional::relu(x)) + x; }
};

// Layers that one stage would take in, on a value that something else reads as well.
template <class Model>
struct PlusItself : nn::Module<PlusItself<Model>> {
  BOOST_HANA_DEFINE_STRUCT(PlusItself, (Model, model));
  auto forward(const auto& x) const { return model(x) + x; }
};
template <class... Layers>
using Branch = nn::Sequential<Conv<3, 17>, PlusItself<nn::Sequential<Layers...>>>;

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
