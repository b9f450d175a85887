/// \file
/// Who takes part, and in what.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "network.hpp"
#include "task.hpp"

namespace bench {

/// A network that answers one sample at a time. `run` repeats the last prediction.
class Inference : public Task {
 public:
  virtual void predict(std::span<const float> x, std::span<float> y) = 0;
};

/// A network that learns one batch by stochastic gradient descent. `run` does so many steps.
class Training : public Task {
 public:
  static constexpr double learning_rate = 0.01;

  /// The loss that the last step began with.
  virtual double loss() const = 0;
  virtual Weights weights() const = 0;
};

/// A library tenon is compared with.
struct Peer {
  std::string name;
  std::function<std::unique_ptr<Inference>(const Network&, const Weights&)> inference;
  /// Empty: this one does not train.
  std::function<std::unique_ptr<Training>(const Network&, const Weights&, const Batch&)> training;
  /// The best of these is the one that counts.
  bool is_rival = false;
};

/// The peers this program was built with, each told to use one thread.
std::vector<Peer> peers();

// One function per library; those that this program was built without are missing.
std::vector<Peer> libtorch_peers();
Peer onednn_peer();

}  // namespace bench
