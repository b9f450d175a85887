/// \file
/// M1: the kind of network that steers a robot or a character in a game.
#include "../tenon_workload.hpp"

namespace bench {

Workload mlp() {
  using Model = nn::Sequential<nn::Linear<12, 64>, nn::Tanh, nn::Linear<64, 64>, nn::Tanh, nn::Linear<64, 64>, nn::Tanh,
                               nn::Linear<64, 4>>;
  return workload<Model, 32, nn::MSELoss<>>(
      "M1", "MLP 12-64-64-64-4, tanh", tenon::Shape<12>{},
      {Linear{12, 64}, Tanh{}, Linear{64, 64}, Tanh{}, Linear{64, 64}, Tanh{}, Linear{64, 4}});
}

}  // namespace bench
