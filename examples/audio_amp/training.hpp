/// \file
/// From random weights to a network that sounds like the circuit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <tenon/tenon.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "../status_line.hpp"
#include "circuit.hpp"
#include "signals.hpp"

namespace audio_amp {

namespace nn = tenon::nn;

/// The usual network for this task: an LSTM whose states are mixed into what is to be added to the input. Wright and
/// others, "Real-time guitar amplifier emulation with deep learning", 2020.
struct Amplifier : nn::Module<Amplifier> {
  BOOST_HANA_DEFINE_STRUCT(Amplifier, (nn::LSTM<1, 20>, memory), (nn::Linear<20, 1>, out));
  auto forward(const auto& x) const {  // (time, batch, 1)
    const auto [y, hidden, cell] = memory(x);
    return x + out(y);
  }
  /// The same from given states (1, batch, 20); returns the output and the last states.
  auto forward(const auto& x, const auto& h, const auto& c) const {
    const auto [y, hidden, cell] = memory(x, h, c);
    return std::tuple{x + out(y), hidden, cell};
  }
};

inline constexpr std::size_t tracks = 30;            // that are learnt side by side, as one batch
inline constexpr std::size_t piece = 64;             // samples of each track between two steps of the optimiser
inline constexpr std::size_t points_of_a_pass = 10;  // of the curve that shows the training
using Piece = tenon::Tensor<float, piece, tracks, 1>;

/// What the network hears, and what the circuit makes of it: as many tracks, a third of each kind of signal. Both lie
/// as the network takes them, piece by piece.
struct TrainingSet {
  std::vector<Piece> inputs, targets;
  double energy = 0;  // the mean of the targets' squares
};
inline TrainingSet make_training_set(double sample_rate) {
  const auto pieces = static_cast<std::size_t>(1.5 * sample_rate) / piece;
  const double top = std::min(8000.0, sample_rate / 2);  // of the sweeps, in Hz
  TrainingSet set{std::vector<Piece>(pieces), std::vector<Piece>(pieces)};
  for (std::size_t n = 0; n < tracks; ++n) {
    const std::size_t size = pieces * piece;
    const Samples input = n % 3 == 0   ? sweep(size, sample_rate, random_between(20, 200), random_between(500, top), 1)
                          : n % 3 == 1 ? noise(size, sample_rate)
                                       : plucks(size, sample_rate);
    const Samples target = clip(input, sample_rate);
    for (std::size_t i = 0; i < size; ++i) {
      set.inputs[i / piece](i % piece, n, 0) = input[i];
      set.targets[i / piece](i % piece, n, 0) = target[i];
      set.energy += static_cast<double>(target[i]) * static_cast<double>(target[i]);
    }
  }
  set.energy /= static_cast<double>(pieces * Piece().size());
  return set;
}

/// Trains `model` by truncated backpropagation through time: it goes through the tracks from piece to piece with its
/// states, but gradients go back to the beginning of a piece only. Returns the error-to-signal ratio (the mean of the
/// squares of the error, divided by that of the target) over each tenth of a pass through the tracks.
inline std::vector<double> train(Amplifier& model, const TrainingSet& set, std::size_t passes) {
  using States = tenon::Tensor<float, 1, tracks, 20>;
  const nn::MSELoss<> mean_square;
  constexpr double first_rate = 1e-2;
  tenon::optim::Adam optimizer{model, {.lr = first_rate}};
  const std::size_t pieces = set.inputs.size(), pieces_of_a_point = pieces / points_of_a_pass;
  std::vector<double> curve;
  double ratio = 0;
  examples::StatusLine line(passes * pieces, std::min<std::size_t>(passes, 20));
  for (std::size_t pass = 0; pass < passes; ++pass) {
    States hidden, cell;  // zeros, as at the beginning of every track
    for (std::size_t p = 0; p < pieces; ++p) {
      // Variables made of tensors have no record: what came before this piece counts as given.
      const auto [output, h, c] = model(nn::Variable{set.inputs[p]}, nn::Variable{hidden}, nn::Variable{cell});
      const auto loss = mean_square(output, set.targets[p]) / set.energy;
      model.zero_grad();
      loss.backward();
      nn::utils::clip_grad_norm(model, 1.0);
      optimizer.options().lr = first_rate * (1 - line.done());
      optimizer.step();
      hidden = h.data();
      cell = c.data();

      ratio += static_cast<double>(loss.item()) / static_cast<double>(pieces_of_a_point);
      const bool due = line.step();
      if (line.count() % pieces_of_a_point == 0) curve.push_back(std::exchange(ratio, 0));
      if (due && !curve.empty()) {
        char text[80];
        std::snprintf(text, sizeof text, "pass %2zu/%zu  error-to-signal ratio %.5f", pass + 1, passes, curve.back());
        line.draw(text);
      }
    }
  }
  std::printf("trained in %.1f s\n", line.seconds());
  return curve;
}

}  // namespace audio_amp
