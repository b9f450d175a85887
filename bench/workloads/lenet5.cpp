/// \file
/// M4: LeNet-5 with the activation and the pooling of today.
#include "../tenon_workload.hpp"

namespace bench {

Workload lenet5() {
  using Model = nn::Sequential<nn::Conv2d<1, 6, nn::kernel_size<5>, nn::padding<2>>, nn::ReLU,
                               nn::MaxPool2d<nn::kernel_size<2>>,                 // (N, 6, 14, 14)
                               nn::Conv2d<6, 16, nn::kernel_size<5>>, nn::ReLU,   // (N, 16, 10, 10)
                               nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>,  // (N, 400)
                               nn::Linear<400, 120>, nn::ReLU, nn::Linear<120, 84>, nn::ReLU, nn::Linear<84, 10>>;
  return workload<Model, 64, nn::CrossEntropyLoss<>>(
      "M4", "LeNet-5, ReLU", tenon::Shape<1, 28, 28>{},
      {Conv2d{.in_channels = 1, .out_channels = 6, .kernel_size = 5, .padding = 2}, ReLU{}, MaxPool2d{2},
       Conv2d{.in_channels = 6, .out_channels = 16, .kernel_size = 5}, ReLU{}, MaxPool2d{2}, Flatten{},
       Linear{400, 120}, ReLU{}, Linear{120, 84}, ReLU{}, Linear{84, 10}});
}

}  // namespace bench
