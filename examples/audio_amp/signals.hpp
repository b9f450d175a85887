/// \file
/// Sounds to learn from and to listen to, drawn by tenon::generator().
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <numbers>
#include <random>
#include <tenon/core/random.hpp>
#include <vector>

namespace audio_amp {

using Samples = std::vector<float>;  // from -1 to 1

inline double random_between(double low, double high) {
  return std::uniform_real_distribution<>(low, high)(tenon::generator());
}

/// A sine that goes from one frequency to another, evenly on the scale of pitch, and from silence to `loudness`.
inline Samples sweep(std::size_t size, double sample_rate, double from, double to, double loudness) {
  Samples samples(size);
  double phase = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double done = static_cast<double>(i) / static_cast<double>(size);
    phase += 2 * std::numbers::pi * from * std::pow(to / from, done) / sample_rate;
    samples[i] = static_cast<float>(loudness * done * std::sin(phase));
  }
  return samples;
}

/// White noise whose loudness changes a few times a second.
inline Samples noise(std::size_t size, double sample_rate) {
  Samples samples(size);
  double loudness = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (i % static_cast<std::size_t>(sample_rate / 8) == 0) loudness = std::pow(10, random_between(-2, 0));
    samples[i] = static_cast<float>(loudness * random_between(-1, 1));
  }
  return samples;
}

/// Adds a plucked string from `begin` on: a burst of noise that goes round in a delay of one period and loses treble at
/// each turn (Karplus and Strong, "Digital synthesis of plucked-string and drum timbres", 1983).
inline void pluck(Samples& samples, std::size_t begin, double sample_rate, double frequency, double loudness) {
  std::vector<double> string(static_cast<std::size_t>(sample_rate / frequency));
  for (double& displacement : string) displacement = loudness * random_between(-1, 1);
  for (std::size_t i = begin, at = 0; i < samples.size(); ++i) {
    const std::size_t next = at + 1 < string.size() ? at + 1 : 0;
    samples[i] = static_cast<float>(std::clamp(static_cast<double>(samples[i]) + string[at], -1.0, 1.0));
    string[at] = 0.498 * (string[at] + string[next]);
    at = next;
  }
}

/// Strings of a guitar, plucked at random.
inline Samples plucks(std::size_t size, double sample_rate) {
  Samples samples(size);
  for (std::size_t begin = 0; begin < size; begin += static_cast<std::size_t>(random_between(0.1, 0.4) * sample_rate))
    pluck(samples, begin, sample_rate, 82.4 * std::pow(2, random_between(0, 3)), std::pow(10, random_between(-1.5, 0)));
  return samples;
}

/// Eight seconds of guitar: four chords (E minor, C, G and D), each strummed down and up.
inline Samples guitar(double sample_rate) {
  const auto seconds = [&](double time) { return static_cast<std::size_t>(time * sample_rate); };
  Samples samples(seconds(8));
  double time = 0.1;
  for (const std::initializer_list<int> chord : {std::initializer_list<int>{0, 7, 12, 15, 19, 24},
                                                 {8, 12, 15, 20, 24},
                                                 {3, 7, 10, 15, 19, 27},
                                                 {10, 17, 22, 26}}) {
    for (std::size_t i = 0; i < chord.size(); ++i) {  // the lowest string first, then the highest
      const int low = chord.begin()[i], high = chord.begin()[chord.size() - 1 - i];
      const double later = 0.025 * static_cast<double>(i);
      pluck(samples, seconds(time + later), sample_rate, 82.4 * std::pow(2, low / 12.0), 0.25);
      pluck(samples, seconds(time + 1 + later), sample_rate, 82.4 * std::pow(2, high / 12.0), 0.15);
    }
    time += 2;
  }
  return samples;
}

}  // namespace audio_amp
