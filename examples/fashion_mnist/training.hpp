/// \file
/// From random weights to a network that knows clothes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "lenet.hpp"
#include "progress.hpp"

namespace fashion_mnist {

/// The class with the highest of `scores`.
inline std::size_t best_class(std::span<const float, class_count> scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// Trains `model` on batches in an order that `tenon::generator()` draws, with Adam at a rate that falls to zero.
inline void train(LeNet& model, const Dataset& training, unsigned epochs) {
  constexpr std::size_t batch_size = 64;
  const std::size_t steps = training.size() / batch_size;  // an incomplete batch at the end of an epoch is left out
  if (steps == 0)
    tenon::raise("training set: wanted at least " + std::to_string(batch_size) + " images, found " +
                 std::to_string(training.size()));
  std::vector<std::uint32_t> order(training.size());
  std::iota(order.begin(), order.end(), 0u);

  nn::Variable x{Images<batch_size>()};
  tenon::Tensor<std::int64_t, batch_size> target;
  nn::CrossEntropyLoss<> criterion;
  constexpr double first_rate = 2e-3;
  tenon::optim::Adam optimizer{model, {.lr = first_rate}};
  Progress progress(epochs, steps);
  for (unsigned epoch = 0; epoch < epochs; ++epoch) {
    std::shuffle(order.begin(), order.end(), tenon::generator());
    for (std::size_t step = 0; step < steps; ++step) {
      for (std::size_t n = 0; n < batch_size; ++n) {
        const std::size_t index = order[step * batch_size + n];
        normalize(training.image(index), x.data().data() + n * image_size * image_size);
        target(n) = training.labels[index];
      }
      model.zero_grad();
      const auto output = model(x);  // (batch, class)
      const auto loss = criterion(output, target);
      loss.backward();
      optimizer.options().lr = first_rate * (1 - progress.done());
      optimizer.step();

      std::size_t correct = 0;
      for (std::size_t n = 0; n < batch_size; ++n) {
        const std::span<const float, class_count> scores(output.data().data() + n * class_count, class_count);
        correct += best_class(scores) == static_cast<std::size_t>(target(n));
      }
      progress.step(loss.item(), correct, batch_size);
    }
  }
  std::printf("trained in %.1f s\n", progress.seconds());
}

}  // namespace fashion_mnist
