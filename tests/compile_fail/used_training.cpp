// Nor in a training loop.
// g++: Sequential: layer 1 \(Linear\) expects input \(\*, 4\), got \(1, 3\)
// clang: at_layer<1>, tenon::operation::Linear<4, 2>, tenon::expected_input<.*any.*, 4L?>, tenon::actual_input<1, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Linear<4, 3>, nn::Linear<4, 2>> model;
  tenon::optim::SGD optimizer{model, {.lr = 0.1}};
  nn::CrossEntropyLoss<> criterion;
  for (int i = 0; i < 3; ++i) {
    model.zero_grad();
    auto loss = criterion(model(nn::Variable{Tensor<float, 1, 4>{}}), Tensor<std::int64_t, 1>{});
    loss.backward();
    optimizer.step();
    if (loss.item() < 0.1f) break;
  }
}
