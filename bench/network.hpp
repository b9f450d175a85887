/// \file
/// A network as plain data, for participants that know nothing of tenon's types.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace bench {

struct Conv2d {
  int in_channels, out_channels, kernel_size, stride = 1, padding = 0;
};
struct MaxPool2d {
  int kernel_size;  // and stride
};
struct Linear {
  int in_features, out_features;
};
struct ReLU {};
struct Tanh {};
struct Flatten {};

using Layer = std::variant<Conv2d, MaxPool2d, Linear, ReLU, Tanh, Flatten>;
using Extents = std::vector<int>;

/// A chain of layers.
struct Network {
  Extents input;  ///< of one sample: (C, H, W) or (features)
  std::vector<Layer> layers;
};

/// Parameters by name: `0.weight` is the weight of the first layer of the chain.
using Weights = std::map<std::string, std::vector<float>>;

std::string weight_name(std::size_t layer);
std::string bias_name(std::size_t layer);

/// Shapes of one sample before every layer, and after the last.
std::vector<Extents> shapes(const Network& network);
std::size_t element_count(const Extents& extents);

/// The same for a layer's weight; none: empty.
Extents weight_extents(const Layer& layer);

/// Floating-point operations of a forward pass over one sample, counting those of convolutions and Linear only.
double forward_flops(const Network& network);
/// The same for a training step: forward, the gradients of the weights, and of every input but the first.
double training_flops(const Network& network);

/// Samples, and what they should give: values, for MSELoss, or classes, for CrossEntropyLoss.
struct Batch {
  std::size_t size;
  std::vector<float> x;  // (N, input)
  std::variant<std::vector<float>, std::vector<std::int64_t>> target;
};

}  // namespace bench
