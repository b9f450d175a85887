/// \file
/// Trains LeNet-5 on Fashion-MNIST, saves it, loads it into a compiled net, classifies the test images and shows what
/// came of it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <tenon/io/safetensors.hpp>
#include <vector>

#include "../timing.hpp"
#include "lenet.hpp"
#include "options.hpp"
#include "picture.hpp"
#include "report.hpp"
#include "training.hpp"

namespace {

using namespace fashion_mnist;
using examples::quantile;

/// The class that `net` takes each of the images for, and how long each call took.
struct Classification {
  std::vector<std::size_t> predicted;
  std::vector<double> microseconds;
};

template <class Net>
Classification classify(Net& net, const Dataset& dataset) {
  using Clock = std::chrono::steady_clock;
  Classification result;
  Images<1> x;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    normalize(dataset.image(i), x.data());
    const auto begin = Clock::now();
    const auto& scores = net(x);  // (1, class)
    const auto end = Clock::now();
    result.predicted.push_back(best_class(std::span<const float, class_count>(scores.data(), class_count)));
    result.microseconds.push_back(std::chrono::duration<double, std::micro>(end - begin).count());
  }
  return result;
}

Confusion compare(const Dataset& dataset, const std::vector<std::size_t>& predicted) {
  Confusion confusion;
  for (std::size_t i = 0; i < dataset.size(); ++i) confusion.add(dataset.labels[i], predicted[i]);
  return confusion;
}

void draw(const Dataset& dataset, const std::vector<std::size_t>& predicted, double accuracy,
          const std::filesystem::path& path) {
  const std::size_t shown = std::min(dataset.size(), Picture::capacity());
  char title[128];
  std::snprintf(title, sizeof title, "%.2f %% of %zu test images right; the first %zu of them", 100 * accuracy,
                dataset.size(), shown);
  Picture picture(title);
  for (std::size_t i = 0; i < shown; ++i) picture.add(i, dataset.image(i), dataset.labels[i], predicted[i]);
  picture.save(path);
}

void run(const Options& options) {
  const Dataset training = read_dataset(options.data, "train"), test = read_dataset(options.data, "t10k");
  std::filesystem::create_directories(options.out);
  const auto weight_file = options.out / "lenet.safetensors", picture_file = options.out / "predictions.png";
  std::printf("%zu training images, %zu test images\n", training.size(), test.size());

  tenon::manual_seed(options.seed);
  LeNet model;
  train(model, training, options.epochs);
  model.eval();
  const std::vector<std::size_t> trained = classify(model, test).predicted;
  std::printf("test accuracy %.2f %%\n", 100 * compare(test, trained).accuracy());
  tenon::io::save_safetensors(weight_file, model.state_dict());
  std::printf("saved %s\n\n", weight_file.c_str());

  LeNet restored;
  restored.load_state_dict(tenon::io::load_safetensors(weight_file));
  auto net = tenon::compile<Images<1>>(restored);
  const auto [predicted, microseconds] = classify(net, test);
  const Confusion confusion = compare(test, predicted);
  const auto agree = std::inner_product(predicted.begin(), predicted.end(), trained.begin(), std::size_t{0},
                                        std::plus(), std::equal_to());
  std::printf("loaded and compiled: test accuracy %.2f %%, the same class as before for %zu images\n\n",
              100 * confusion.accuracy(), agree);
  print(confusion);
  std::printf("\n%.2f us per image (median), %.2f us (99th percentile)\n", quantile(microseconds, 0.5),
              quantile(microseconds, 0.99));
  draw(test, predicted, confusion.accuracy(), picture_file);
  std::printf("drawn %s\n", picture_file.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse_options(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fashion_mnist: %s\n", error.what());
    return 1;
  }
}
