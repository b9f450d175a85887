// A batch of 5 for two devices.
// g++: DataParallel: the number of devices does not divide the batch.*batch<5>, .*devices<2>
// clang: batch<5>, .*devices<2>.*DataParallel: the number of devices does not divide the batch
#include <tenon/tenon.hpp>
//
#include <tenon/parallel/data_parallel.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::DataParallel<nn::Linear<4, 3>, nn::device_ids<0, 1>> model;
  auto y = model(nn::Variable{Tensor<float, 5, 4>{}});
}
