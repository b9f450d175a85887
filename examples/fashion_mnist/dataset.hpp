/// \file
/// The Fashion-MNIST pictures and what they show.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <tenon/core/tensor.hpp>
#include <vector>

#include "idx.hpp"

namespace fashion_mnist {

inline constexpr std::size_t image_size = 28;  // high and wide
inline constexpr std::array class_names{"T-shirt", "trouser", "pullover", "dress", "coat",
                                        "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
inline constexpr std::size_t class_count = class_names.size();

/// Grey pictures and, for each, the index of its class.
struct Dataset {
  std::vector<std::uint8_t> pixels;  // (size, 28, 28)
  std::vector<std::uint8_t> labels;  // (size)

  std::size_t size() const { return labels.size(); }
  std::span<const std::uint8_t> image(std::size_t index) const {
    return std::span(pixels).subspan(index * image_size * image_size, image_size * image_size);
  }
};

/// Reads `<directory>/<name>-images-idx3-ubyte.gz` and the labels beside it; `name` is "train" or "t10k".
inline Dataset read_dataset(const std::filesystem::path& directory, const std::string& name) {
  const auto image_file = directory / (name + "-images-idx3-ubyte.gz");
  const auto label_file = directory / (name + "-labels-idx1-ubyte.gz");
  Dataset dataset{read_idx<image_size, image_size>(image_file), read_idx<>(label_file)};
  const std::size_t images = dataset.pixels.size() / (image_size * image_size);
  if (dataset.size() != images)
    tenon::raise(label_file.string() + ": wanted " + std::to_string(images) + " labels, one for each image of " +
                 image_file.filename().string() + ", found " + std::to_string(dataset.size()));
  const std::uint8_t largest = *std::max_element(dataset.labels.begin(), dataset.labels.end());
  if (largest >= class_count)
    tenon::raise(label_file.string() + ": wanted labels below " + std::to_string(class_count) + ", found " +
                 std::to_string(largest));
  return dataset;
}

/// Writes an image as the network wants it: with mean 0 and deviation 1 over the training set.
inline void normalize(std::span<const std::uint8_t> image, float* x) {
  constexpr float mean = 0.2860f * 255, deviation = 0.3530f * 255;
  std::transform(image.begin(), image.end(), x, [](std::uint8_t pixel) { return (pixel - mean) / deviation; });
}

}  // namespace fashion_mnist
