/// \file
/// tenon_bench [--json FILE] [WORKLOAD...]: times tenon beside the peers it was built with, and checks what all of them
/// compute. Exits with 1 if a result is wrong.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <numeric>
#include <random>
#include <string_view>
#include <utility>

#include "participant.hpp"
#include "peak.hpp"
#include "reference.hpp"
#include "report.hpp"
#include "timing.hpp"
#include "workload.hpp"

namespace {

using namespace bench;

/// The largest difference, relative to the largest value.
class Error {
 public:
  void compare(std::span<const float> values, std::span<const double> golden) { compare(values, golden, golden); }
  /// Everything between `golden` and `as_good` is right.
  void compare(std::span<const float> values, std::span<const double> golden, std::span<const double> as_good) {
    if (values.size() != golden.size()) difference_ = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < std::min(values.size(), golden.size()); ++i)
      compare(static_cast<double>(values[i]), golden[i], as_good[i]);
  }
  void compare(double value, double golden, double as_good) {
    const double difference = (std::abs(value - golden) + std::abs(value - as_good) - std::abs(golden - as_good)) / 2;
    if (!(difference <= difference_)) difference_ = difference;  // a NaN stays
    largest_ = std::max(largest_, std::abs(golden));
  }
  double relative() const { return difference_ / largest_; }

 private:
  double difference_ = 0, largest_ = 0;
};

double check(Inference& inference, const Workload& workload) {
  const Reference reference(workload.network, workload.weights);
  const std::size_t sample_size = element_count(workload.network.input);
  Error error;
  for (std::size_t n = 0; n < workload.batch.size; ++n) {
    const auto x = std::span(workload.batch.x).subspan(n * sample_size, sample_size);
    const auto golden = reference.predict(x);
    std::vector<float> y(golden.size());
    inference.predict(x, y);
    error.compare(y, golden);
  }
  return error.relative();
}

// The weights after one step, for every further one amplifies what rounding has tipped; the loss, which changes little
// with it, after a few.
double check(Training& training, const Workload& workload) {
  Reference reference(workload.network, workload.weights);
  Reference as_good(workload.network, workload.weights, Reference::Ties::reversed);
  double largest = 0, golden_loss = 0, as_good_loss = 0;
  for (int step = 0; step < 5; ++step) {
    golden_loss = reference.train(workload.batch, Training::learning_rate);
    as_good_loss = as_good.train(workload.batch, Training::learning_rate);
    training.run(1);
    if (step > 0) continue;
    const Weights weights = training.weights();
    for (const auto& [name, golden] : reference.parameters()) {
      Error error;
      error.compare(weights.at(name), golden, as_good.parameters().at(name));
      largest = std::max(largest, error.relative());
    }
  }
  Error loss;
  loss.compare(training.loss(), golden_loss, as_good_loss);
  return std::max(largest, loss.relative());
}

/// Somebody who does what is measured.
template <class Kind>
struct Entrant {
  std::string name;
  std::unique_ptr<Kind> task;
  bool is_rival;
};

/// Checks and times tenon, the first of the entrants, beside the others.
template <class Kind>
std::vector<Row> contest(const Workload& workload, const std::string& mode, double flops, double peak,
                         std::vector<Entrant<Kind>> entrants) {
  std::vector<double> errors;
  std::vector<Task*> tasks;
  for (const auto& entrant : entrants) {
    errors.push_back(check(*entrant.task, workload));
    tasks.push_back(entrant.task.get());
  }
  const Timing timing = time_interleaved(tasks);
  const std::vector<double>& times = timing.microseconds;

  // The best rival first, then the others.
  std::vector<std::size_t> order(entrants.size() - 1);
  std::iota(order.begin(), order.end(), 1);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(!entrants[a].is_rival, times[a]) < std::pair(!entrants[b].is_rival, times[b]);
  });
  const double percent = 100 * flops / (times[0] * 1e3 * peak);
  const Row alone{workload.name, mode, times[0], percent, timing.disturbed, errors[0], {}};
  std::vector<Row> rows;
  for (const std::size_t i : order) {
    rows.push_back(alone);
    rows.back().peer = {entrants[i].name, times[i], errors[i]};
  }
  if (rows.empty()) rows.push_back(alone);
  return rows;
}

std::vector<Row> measure(const Workload& workload, const std::vector<Peer>& peers, double peak) {
  std::vector<Entrant<Inference>> predicting;
  predicting.push_back({"tenon", workload.inference(), false});
  for (const Peer& peer : peers)
    predicting.push_back({peer.name, peer.inference(workload.network, workload.weights), peer.is_rival});
  std::vector<Row> rows = contest(workload, "inference", forward_flops(workload.network), peak, std::move(predicting));

  std::vector<Entrant<Training>> learning;
  learning.push_back({"tenon", workload.training(), false});
  for (const Peer& peer : peers)
    if (peer.training)
      learning.push_back({peer.name, peer.training(workload.network, workload.weights, workload.batch), peer.is_rival});
  const double flops = static_cast<double>(workload.batch.size) * training_flops(workload.network);
  const std::vector<Row> trained = contest(workload, "training", flops, peak, std::move(learning));
  rows.insert(rows.end(), trained.begin(), trained.end());
  return rows;
}

int benchmark(const std::vector<std::string_view>& names, const std::string& json) {
  std::vector<Workload> chosen = workloads();
  for (const std::string_view name : names)
    if (std::none_of(chosen.begin(), chosen.end(), [&](const Workload& w) { return w.name == name; })) {
      std::fprintf(stderr, "unknown workload %s; there are:\n", std::string(name).c_str());
      for (const Workload& w : chosen) std::fprintf(stderr, "  %s  %s\n", w.name.c_str(), w.description.c_str());
      return 2;
    }
  if (!names.empty())
    std::erase_if(chosen,
                  [&](const Workload& w) { return std::find(names.begin(), names.end(), w.name) == names.end(); });

  const int core = pin_to_one_core();
  const double peak = peak_gflops();
  std::printf("one thread on core %d, FMA peak %.1f GFLOP/s\n", core, peak);
  const std::vector<Peer> all_peers = peers();
  for (const Workload& workload : chosen)
    std::printf("%s: %s, training in batches of %zu\n", workload.name.c_str(), workload.description.c_str(),
                workload.batch.size);
  print_header();
  std::vector<Row> rows;
  for (const Workload& workload : chosen)
    for (Row& row : measure(workload, all_peers, peak)) {
      print(row);
      rows.push_back(std::move(row));
    }
  if (!json.empty()) write_json(json, rows);
  const bool all_right = std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.is_right(); });
  if (!all_right) std::puts("FAIL: too far from the result in double precision");
  return all_right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string json;
  std::vector<std::string_view> names;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else if (argument.starts_with("-")) {
      std::fprintf(stderr, "usage: %s [--json FILE] [WORKLOAD...]\n", argv[0]);
      return 2;
    } else {
      names.push_back(argument);
    }
  }
  try {
    return benchmark(names, json);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
