#include "network.hpp"

#include <functional>
#include <numeric>
#include <type_traits>

namespace bench {

namespace {

Extents output_shape(const Layer& layer, const Extents& input) {
  return std::visit(
      [&](const auto& l) -> Extents {
        using L = std::remove_cvref_t<decltype(l)>;
        if constexpr (std::is_same_v<L, Conv2d>) {
          const auto size = [&](int n) { return (n + 2 * l.padding - l.kernel_size) / l.stride + 1; };
          return {l.out_channels, size(input.at(1)), size(input.at(2))};
        } else if constexpr (std::is_same_v<L, MaxPool2d>) {
          return {input.at(0), input.at(1) / l.kernel_size, input.at(2) / l.kernel_size};
        } else if constexpr (std::is_same_v<L, Linear>) {
          return {l.out_features};
        } else if constexpr (std::is_same_v<L, Flatten>) {
          return {static_cast<int>(element_count(input))};
        } else {
          return input;
        }
      },
      layer);
}

// Of one pass over the weights of each layer; the first layer that has any counts `first` times, the others `others`.
double flops(const Network& network, double first, double others) {
  const auto shape = shapes(network);
  double sum = 0;
  double passes = first;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Extents weight = weight_extents(network.layers[i]);
    if (weight.empty()) continue;
    const auto outputs_per_channel = static_cast<double>(element_count(shape[i + 1])) / weight[0];
    sum += passes * 2 * static_cast<double>(element_count(weight)) * outputs_per_channel;
    passes = others;
  }
  return sum;
}

}  // namespace

std::string weight_name(std::size_t layer) { return std::to_string(layer) + ".weight"; }
std::string bias_name(std::size_t layer) { return std::to_string(layer) + ".bias"; }

std::size_t element_count(const Extents& extents) {
  return static_cast<std::size_t>(std::accumulate(extents.begin(), extents.end(), 1, std::multiplies<>()));
}

std::vector<Extents> shapes(const Network& network) {
  std::vector<Extents> result{network.input};
  for (const Layer& layer : network.layers) result.push_back(output_shape(layer, result.back()));
  return result;
}

Extents weight_extents(const Layer& layer) {
  if (const auto* conv = std::get_if<Conv2d>(&layer))
    return {conv->out_channels, conv->in_channels, conv->kernel_size, conv->kernel_size};
  if (const auto* linear = std::get_if<Linear>(&layer)) return {linear->out_features, linear->in_features};
  return {};
}

double forward_flops(const Network& network) { return flops(network, 1, 1); }
double training_flops(const Network& network) { return flops(network, 2, 3); }

}  // namespace bench
