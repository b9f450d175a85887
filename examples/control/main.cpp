/// \file
/// Trains a policy that balances a pole, compiles it and lets it do so a thousand times a second. The program succeeds
/// if the pole stays up.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <tenon/tenon.hpp>
#include <vector>

#include "../command_line.hpp"
#include "../plot.hpp"
#include "../real_time.hpp"
#include "../timing.hpp"
#include "cart_pole.hpp"
#include "training.hpp"

namespace {

using namespace control;

constexpr char usage[] =
    "usage: control [--iterations N] [--seconds N] [--seed N] [--out DIR]\n"
    "\n"
    "Trains a policy that balances a pole on a cart, and runs it at 1 kHz.\n"
    "\n"
    "  --iterations N   of the training (default 400)\n"
    "  --seconds N      that the pole is balanced for (default 10)\n"
    "  --seed N         of the weights, of the states of the training and of the shoves (default 1)\n"
    "  --out DIR        where control.png goes (default: the current directory)\n"
    "  --help           this text\n";

/// What happened in each millisecond.
struct Record {
  explicit Record(std::size_t most) : call(most), lateness(most), angle(most), position(most) {}
  std::vector<double> call, lateness;  // microseconds that a call of the net took, and that its turn came too late
  std::vector<double> angle, position;
  std::size_t size = 0;  // milliseconds until the end or until the pole fell
  bool stood = true;
};

/// Balances the pole, which someone shoves every two seconds.
template <class Net>
Record balance(Net& net, std::size_t milliseconds) {
  Record record(milliseconds);  // before the loop: there nothing is allocated
  CartPole<double> state{0.5, 0, std::cos(0.2), std::sin(0.2), 0};
  std::uniform_real_distribution<double> shove(-1, 1);  // rad/s
  tenon::Tensor<float, 1, 5> x;
  tenon::Tensor<float, 1, 1> y;
  const examples::RealTime real_time;
  const tenon::FlushDenormals guard;  // a system at rest has small numbers, and they must not take longer
  examples::Milliseconds clock;
  for (std::size_t t = 0; t < milliseconds && record.stood; ++t) {
    record.lateness[t] = clock.wait();
    std::ranges::copy(std::array{state.position, state.velocity, state.cosine, state.sine, state.rate}, x.begin());
    record.call[t] = examples::microseconds([&] { net(x, y); });
    state = step(state, strongest_force * static_cast<double>(y(0, 0)), 1e-3);
    if (t % 2000 == 1999) state.rate += shove(tenon::generator());
    record.angle[t] = std::atan2(state.sine, state.cosine);
    record.position[t] = state.position;
    record.stood = state.cosine > 0.5 && std::abs(state.position) < track;
    record.size = t + 1;
  }
  for (auto* values : {&record.call, &record.lateness, &record.angle, &record.position}) values->resize(record.size);
  return record;
}

void draw(const Record& record, const std::string& title, const std::filesystem::path& path) {
  // Bars of a twenty-fifth of a power of ten; the first and the last have what lies beyond them too.
  constexpr std::size_t bars_of_a_power = 25, bars = 4 * bars_of_a_power;
  constexpr double shortest = 0.1, longest = 1000;
  std::vector<double> edges(bars + 1);
  for (std::size_t i = 0; i <= bars; ++i) edges[i] = shortest * std::pow(10, static_cast<double>(i) / bars_of_a_power);
  std::vector<std::size_t> counts(bars);
  for (const double call : record.call) {
    const double bar = std::floor(bars_of_a_power * std::log10(std::max(call, shortest) / shortest));
    ++counts[static_cast<std::size_t>(std::min(bar, bars - 1.0))];
  }
  const double most = static_cast<double>(*std::ranges::max_element(counts));

  std::vector<double> seconds(record.size);
  double reach = 0.5;
  for (std::size_t t = 0; t < record.size; ++t) {
    seconds[t] = static_cast<double>(t) * 1e-3;
    reach = std::max({reach, std::abs(record.angle[t]), std::abs(record.position[t])});
  }

  examples::Plot plot(title, 2);
  plot.axes({"microseconds that a call took", shortest, longest, true}, {"calls", 0.5, 2 * most, true});
  plot.bars(edges, counts, examples::blue);
  plot.axes({"seconds", 0, 1e-3 * static_cast<double>(record.size)}, {"", -1.1 * reach, 1.1 * reach});
  plot.line(seconds, std::span<const double>(record.position), examples::blue, "cart, m");
  plot.line(seconds, std::span<const double>(record.angle), examples::red, "pole, rad");
  plot.save(path);
}

/// Returns whether the pole stayed up.
bool run(int argc, char** argv) {
  const examples::CommandLine line(argc, argv, usage, {"iterations", "seconds", "seed", "out"});
  const auto milliseconds = 1000 * line.number("seconds", std::size_t{10}, std::size_t{1});
  const std::filesystem::path out = line.text("out", "."), picture_file = out / "control.png";
  std::filesystem::create_directories(out);

  tenon::manual_seed(line.number("seed", std::uint64_t{1}, std::uint64_t{0}));
  Policy policy;
  train(policy, line.number("iterations", std::size_t{400}, std::size_t{1}));

  auto net = tenon::compile<tenon::Tensor<float, 1, 5>>(policy);
  std::printf("\nbalancing for %zu s at 1 kHz\n", milliseconds / 1000);
  const Record record = balance(net, milliseconds);
  const double typical = examples::quantile(record.call, 0.5), worst = examples::quantile(record.call, 1);
  std::printf("a call of the net: %.2f us (median), %.2f us (worst of %zu)\n", typical, worst, record.size);
  const auto missed = std::ranges::count_if(record.lateness, [](double late) { return late > 1000; });
  std::printf("its turn came late by %.0f us (median), %.0f us (worst), by more than a period %td times\n",
              examples::quantile(record.lateness, 0.5), examples::quantile(record.lateness, 1), missed);

  char title[128];
  std::snprintf(title, sizeof title, "%zu calls of the policy: median %.2f us, worst %.2f us", record.size, typical,
                worst);
  draw(record, title, picture_file);
  std::printf("drawn %s\n", picture_file.c_str());
  if (record.stood)
    std::printf("the pole stood to the end\n");
  else
    std::fprintf(stderr, "control: the pole fell, or the cart left its track, after %zu ms\n", record.size);
  return record.stood;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "control: %s\n", error.what());
    return 1;
  }
}
