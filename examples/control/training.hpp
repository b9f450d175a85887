/// \file
/// From random weights to a policy that keeps the pole up.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <random>
#include <tenon/tenon.hpp>

#include "../status_line.hpp"
#include "cart_pole.hpp"

namespace control {

namespace nn = tenon::nn;

/// Takes position, velocity, cosine, sine and rate; gives the force as a part of the strongest, from -1 to 1.
using Policy = nn::Sequential<nn::Linear<5, 32>, nn::Tanh, nn::Linear<32, 32>, nn::Tanh, nn::Linear<32, 1>, nn::Tanh>;

/// Trains `policy` by the simulation itself, whose equations are differentiable: the policy drives a batch of systems
/// for a short while from states that are drawn anew each time, and the gradient of what that cost goes back through
/// all steps of the simulation to the weights. That horizon grows from 0.4 s to 2 s: first the pole is to be caught,
/// which is learnt best from gradients through few steps, then the cart is to come home. A step is 20 ms here; the
/// policy has no memory, so that it can be asked more often afterwards.
inline void train(Policy& policy, std::size_t iterations) {
  constexpr tenon::index_t batch = 64;
  constexpr double step_seconds = 0.02, shortest = 20, longest = 100;  // horizons, in steps
  using Batch = tenon::Tensor<float, batch, 1>;
  using Column = nn::Variable<Batch>;

  const auto draw = [](double bound) {
    std::uniform_real_distribution<float> within(static_cast<float>(-bound), static_cast<float>(bound));
    Batch drawn;
    for (float& element : drawn) element = within(tenon::generator());
    return drawn;
  };

  const tenon::Tensor<float, batch, 4> zeros;
  const nn::MSELoss<> mean_square;
  constexpr double first_rate = 5e-3;
  tenon::optim::Adam optimizer{policy, {.lr = first_rate}};
  examples::StatusLine line(iterations, 10);
  for (std::size_t iteration = 0; iteration < iterations; ++iteration) {
    const Batch angle = draw(0.3);
    CartPole<Column> state{draw(1.0), draw(0.5), Batch(xt::cos(angle)), Batch(xt::sin(angle)), draw(1.0)};

    const auto horizon = static_cast<std::size_t>(shortest + (longest - shortest) * line.done());
    nn::Variable cost{tenon::Tensor<float>()};
    for (std::size_t t = 0; t < horizon; ++t) {
      const Column action = policy(tenon::cat<1>(state.position, state.velocity, state.cosine, state.sine, state.rate));
      state = step(state, strongest_force * action, step_seconds);
      // What is wanted: the cart in the middle, the pole upright, both at rest.
      const auto wrong = tenon::cat<1>(state.position, 0.3 * state.velocity, 4 * (1 - state.cosine), 0.3 * state.rate);
      cost = cost + mean_square(wrong, zeros) / horizon;
    }
    policy.zero_grad();
    cost.backward();
    nn::utils::clip_grad_norm(policy, 1.0);  // a pole that falls makes gradients of any size
    optimizer.options().lr = first_rate * (1 - line.done());
    optimizer.step();

    if (line.step()) {
      char text[80];
      std::snprintf(text, sizeof text, "iteration %4zu/%zu  cost %.4f", line.count(), iterations,
                    static_cast<double>(cost.item()));
      line.draw(text);
    }
  }
  std::printf("trained in %.1f s\n", line.seconds());
}

}  // namespace control
