/// \file
/// What the participants are measured with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "network.hpp"
#include "participant.hpp"

namespace bench {

/// A network, its initial weights, a batch to learn, and tenon's own way to do both.
struct Workload {
  std::string name, description;
  Network network;
  Weights weights;
  Batch batch;
  std::function<std::unique_ptr<Inference>()> inference;
  std::function<std::unique_ptr<Training>()> training;
};

Workload mlp();
Workload lenet5();

inline std::vector<Workload> workloads() { return {mlp(), lenet5()}; }

}  // namespace bench
