// Classes have to be integers.
// g++: CrossEntropyLoss expects elements of type std::int64_t, got float
// clang: CrossEntropyLoss<true, -100>, tenon::expected_elements<long>, tenon::actual_elements<float>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::CrossEntropyLoss<> criterion;
  auto loss = criterion(Tensor<float, 5, 4>{}, Tensor<float, 5>{});
}
