/// \file
/// The command line.
#pragma once

#include <getopt.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace fashion_mnist {

struct Options {
  std::filesystem::path data = "/usr/share/datasets/fashion-mnist";
  std::filesystem::path out = ".";
  unsigned epochs = 10;
  std::uint64_t seed = 1;
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

/// Ends the program with a message where the command line is not understood.
[[noreturn]] inline void reject(const char* option, const char* value) {
  std::fprintf(stderr, "fashion_mnist: --%s wants a whole number, found '%s'\n", option, value);
  std::exit(2);
}

template <class Integer>
Integer parse_number(const char* option, const char* text, Integer smallest) {
  const char* const end = text + std::strlen(text);
  Integer number{};
  const auto [rest, error] = std::from_chars(text, end, number);
  if (error != std::errc{} || rest != end || number < smallest) reject(option, text);
  return number;
}

/// Reads the command line; `--help` and mistakes end the program.
inline Options parse_options(int argc, char** argv) {
  const option known[] = {{"data", required_argument, nullptr, 'd'},   {"out", required_argument, nullptr, 'o'},
                          {"epochs", required_argument, nullptr, 'e'}, {"seed", required_argument, nullptr, 's'},
                          {"help", no_argument, nullptr, 'h'},         {}};
  Options options;
  for (int found; (found = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    switch (found) {
      case 'd':
        options.data = optarg;
        break;
      case 'o':
        options.out = optarg;
        break;
      case 'e':
        options.epochs = parse_number("epochs", optarg, 1u);
        break;
      case 's':
        options.seed = parse_number("seed", optarg, std::uint64_t{0});
        break;
      case 'h':
        std::fputs(usage, stdout);
        std::exit(0);
      default:
        std::fputs(usage, stderr);
        std::exit(2);  // getopt_long has said what is wrong
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "fashion_mnist: unknown argument '%s'\n%s", argv[optind], usage);
    std::exit(2);
  }
  return options;
}

}  // namespace fashion_mnist
