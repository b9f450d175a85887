// A program that has met the macros of other libraries before tenon.
#include "macros.hpp"
//
#include <cstdio>
#include <tenon/io/safetensors.hpp>
#include <tenon/tenon.hpp>

// They are what they were. (libstdc++ itself does away with min and max.)
#if !defined(Bool) || !defined(None) || !defined(PI) || !defined(Status) || !defined(check) || !defined(ensure) || \
    !defined(require) || !defined(verify)
#error tenon lost a macro of the program that includes it
#endif

namespace nn = tenon::nn;

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Embedding<10, 4>, embedding), (nn::Linear<4, 2>, fc));
  auto forward(const auto& x) { return nn::functional::relu(fc(embedding(x))); }
};

int main() {
  Net model;
  auto net = tenon::compile<tenon::Tensor<std::int64_t, 3>>(model);
  tenon::Tensor<std::int64_t, 3> x;
  const auto& y = (net.check)(x);  // without parentheses it would be the macro
  const auto right = net.status();
  x(1) = 10;
  net(x);
  const auto wrong = net.status();
  bool passed = y.size() == 6 && right == decltype(right)::ok && wrong == decltype(wrong)::index_out_of_range;

  nn::Sequential classifier{nn::Linear<4, 2>{}, nn::Softplus{}, nn::LogSoftmax<nn::dim<1>>{}};
  tenon::optim::SGD optimizer(classifier.parameters(), {.lr = 0.1});
  const tenon::Tensor<float, 3, 4> samples;
  const tenon::Tensor<std::int64_t, 3> labels;
  const float before = classifier(samples)(0, 0);
  nn::NLLLoss{}(classifier(nn::Variable{samples}), labels).backward();
  optimizer.step();
  passed = passed && classifier(samples)(0, 0) > before;
  std::puts(passed ? "passed" : "failed");
  return passed ? 0 : 1;
}
