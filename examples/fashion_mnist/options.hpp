/// \file
/// The command line.
#pragma once

#include <cstdint>
#include <filesystem>

#include "../command_line.hpp"

namespace fashion_mnist {

struct Options {
  std::filesystem::path data, out;
  unsigned epochs;
  std::uint64_t seed;
};

inline constexpr char usage[] =
    "usage: fashion_mnist [--data DIR] [--out DIR] [--epochs N] [--seed N]\n"
    "\n"
    "Trains LeNet-5 on Fashion-MNIST, saves it, loads it into a compiled net and classifies the test images.\n"
    "\n"
    "  --data DIR   the gzipped idx files (default /usr/share/datasets/fashion-mnist)\n"
    "  --out DIR    where lenet.safetensors and predictions.png go (default: the current directory)\n"
    "  --epochs N   passes over the training set (default 10)\n"
    "  --seed N     of the initial weights and of the order of the images (default 1)\n"
    "  --help       this text\n";

inline Options parse_options(int argc, char** argv) {
  const examples::CommandLine line(argc, argv, usage, {"data", "out", "epochs", "seed"});
  return {.data = line.text("data", "/usr/share/datasets/fashion-mnist"),
          .out = line.text("out", "."),
          .epochs = line.number("epochs", 10u, 1u),
          .seed = line.number("seed", std::uint64_t{1}, std::uint64_t{0})};
}

}  // namespace fashion_mnist
