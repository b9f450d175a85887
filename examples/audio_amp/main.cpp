/// \file
/// Trains a network to sound like a distortion pedal, makes a stream of it and plays a file through it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <tenon/tenon.hpp>
#include <vector>

#include "../command_line.hpp"
#include "../plot.hpp"
#include "../real_time.hpp"
#include "../timing.hpp"
#include "circuit.hpp"
#include "signals.hpp"
#include "sound_file.hpp"
#include "training.hpp"

namespace {

using namespace audio_amp;

constexpr char usage[] =
    "usage: audio_amp [--passes N] [--seed N] [--out DIR] [FILE]\n"
    "\n"
    "Trains an LSTM on a simulated diode clipper and plays a sound file through it.\n"
    "\n"
    "  FILE         what is played, one channel from -1 to 1 (default: a guitar made here, in DIR/guitar.wav)\n"
    "  --passes N   through the training signals (default 10)\n"
    "  --seed N     of the initial weights and of all signals (default 1)\n"
    "  --out DIR    where amplified.wav and amplifier.png go (default: the current directory)\n"
    "  --help       this text\n";

constexpr std::size_t block_size = 64;
using Block = tenon::Tensor<float, block_size, 1, 1>;  // (time, batch, features)
using Stream = tenon::stream_t<Amplifier, Block>;

/// What came out, and how long each block took.
struct Performance {
  Samples output;
  std::vector<double> microseconds;
};

/// Plays `input` through the stream as a sound card would ask for it, block by block.
Performance play(Stream& stream, std::span<const float> input) {
  const std::size_t blocks = (input.size() + block_size - 1) / block_size;
  Performance result{Samples(blocks * block_size), std::vector<double>(blocks)};
  Block block;
  const examples::RealTime real_time;
  // What fades out ends in numbers too small to have all their digits, for which many processors take a hundred times
  // as long. Here they count as zeros, and nobody hears it.
  const tenon::FlushDenormals guard;
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto samples = input.subspan(b * block_size, std::min(block_size, input.size() - b * block_size));
    block.fill(0);
    std::ranges::copy(samples, block.begin());
    result.microseconds[b] = examples::microseconds([&] { stream.step(block, block); });
    std::ranges::copy(block, result.output.begin() + static_cast<std::ptrdiff_t>(b * block_size));
  }
  result.output.resize(input.size());
  return result;
}

/// Measures what the guard in `play` is for, by a block of sound at full volume, and one that has decayed to 1e-40 of
/// it. Some processors take as long for either, with or without the guard.
void compare_denormals(const Stream& stream) {
  const auto typical = [&](float volume) {
    Stream copy = stream;
    std::vector<double> times;
    Block in, out;
    for (int b = 0; b < 400; ++b) {
      for (float& sample : in) sample = volume * static_cast<float>(random_between(-1, 1));
      times.push_back(examples::microseconds([&] { copy.step(in, out); }));
    }
    return examples::quantile(times, 0.5);
  };
  constexpr float loud = 1, decayed = 1e-40f;
  std::printf("a block of loud sound: %.1f us, of sound decayed into denormals: %.1f us", typical(loud),
              typical(decayed));
  const tenon::FlushDenormals guard;
  std::printf("; with FlushDenormals: %.1f us and %.1f us (medians)\n", typical(loud), typical(decayed));
}

/// The part of the target's energy that the output misses; NaN where the target is silent.
double error_to_signal(std::span<const float> output, std::span<const float> target) {
  double error = 0, signal = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    error += std::pow(static_cast<double>(output[i] - target[i]), 2);
    signal += std::pow(static_cast<double>(target[i]), 2);
  }
  return error / signal;
}

void draw(const Sound& input, std::span<const float> target, std::span<const float> output,
          const std::vector<double>& curve, const std::string& title, const std::filesystem::path& path) {
  // Eight milliseconds, a twentieth of a second behind the loudest sample, or what there is of them.
  const std::size_t size = std::min(input.samples.size(), static_cast<std::size_t>(input.sample_rate) / 125);
  const auto louder = [](float a, float b) { return std::abs(a) < std::abs(b); };
  const auto loudest = std::ranges::max_element(input.samples, louder) - input.samples.begin();
  const auto wanted = static_cast<std::size_t>(loudest + input.sample_rate / 20);
  const std::size_t begin = std::min(wanted, input.samples.size() - size);
  std::vector<double> milliseconds(size), passes(curve.size());
  for (std::size_t i = 0; i < size; ++i) milliseconds[i] = 1000.0 * static_cast<double>(i) / input.sample_rate;
  for (std::size_t i = 0; i < passes.size(); ++i) passes[i] = static_cast<double>(i + 1) / points_of_a_pass;

  const auto part = [&](std::span<const float> samples) { return samples.subspan(begin, size); };
  const examples::Axis time{"milliseconds", 0, 1000.0 * static_cast<double>(size) / input.sample_rate};
  examples::Plot plot(title, 3);
  const double loud = std::abs(static_cast<double>(std::ranges::max(part(input.samples), louder)));
  const double reach = std::max(1.1 * loud, 1e-3);
  plot.axes(time, {"input", -reach, reach});
  plot.line(milliseconds, part(input.samples), examples::ink, "");
  plot.axes(time, {"volts", -0.8, 0.8});
  plot.line(milliseconds, part(target), examples::grey, "circuit", 5);
  plot.line(milliseconds, part(output), examples::red, "network");
  const auto [best, worst] = std::ranges::minmax(curve);
  plot.axes({"passes through the training signals", 0, passes.back()},
            {"error-to-signal ratio", std::pow(10, std::floor(std::log10(best))), std::max(1.0, worst), true});
  plot.line(passes, std::span<const double>(curve), examples::blue, "");
  plot.save(path);
}

void run(int argc, char** argv) {
  const examples::CommandLine line(argc, argv, usage, {"passes", "seed", "out"}, 1);
  const auto passes = line.number("passes", std::size_t{10}, std::size_t{1});
  const std::filesystem::path out = line.text("out", ".");
  const auto sound_file = out / "amplified.wav", picture_file = out / "amplifier.png";
  std::filesystem::create_directories(out);
  tenon::manual_seed(line.number("seed", std::uint64_t{1}, std::uint64_t{0}));

  auto input_file = out / "guitar.wav";
  if (line.files().empty())
    write_sound(input_file, {guitar(48000), 48000});
  else
    input_file = line.files().front();
  const Sound input = read_sound(input_file);
  const double sample_rate = input.sample_rate;  // what the network learns is true at this rate
  const double seconds = static_cast<double>(input.samples.size()) / sample_rate;
  std::printf("%s: %.1f s at %d Hz\n", input_file.c_str(), seconds, input.sample_rate);

  const TrainingSet set = make_training_set(sample_rate);
  std::printf("%zu training signals of %.1f s, clipped by the circuit\n", tracks,
              static_cast<double>(set.inputs.size() * piece) / sample_rate);
  Amplifier model;
  const std::vector<double> curve = train(model, set, passes);

  std::printf("\n");
  auto stream = tenon::compile_stream<Block>(model);
  const auto [output, times] = play(stream, input.samples);
  const Samples target = clip(input.samples, sample_rate);
  write_sound(sound_file, {output, input.sample_rate});
  const double ratio = error_to_signal(output, target), block_time = 1e6 * block_size / sample_rate;
  double all = 0;
  for (const double time : times) all += time;
  std::printf("played %s: error-to-signal ratio %.5f\n", input_file.filename().c_str(), ratio);
  std::printf("%.0f times as fast as it sounds; the worst block of %zu samples took %.1f us of its %.0f us\n",
              1e6 * seconds / all, block_size, examples::quantile(times, 1), block_time);
  compare_denormals(stream);
  std::printf("written %s\n", sound_file.c_str());

  char title[128];
  std::snprintf(title, sizeof title, "A diode clipper and an LSTM that learnt it: error-to-signal ratio %.5f", ratio);
  draw(input, target, output, curve, title, picture_file);
  std::printf("drawn %s\n", picture_file.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "audio_amp: %s\n", error.what());
    return 1;
  }
}
