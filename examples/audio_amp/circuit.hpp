/// \file
/// The circuit that the network learns: the clipping stage of a distortion pedal.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace audio_amp {

/// A resistor into a capacitor to ground, with two diodes back to back across the capacitor. With the input voltage u
/// and the voltage v of the capacitor, which is the output:
///
///     dv/dt = (u - v) / (R C) - 2 I / C sinh(v / V)
///
/// Quiet sound passes through a low-pass of 7.2 kHz; loud sound is clipped at about 0.6 V.
class DiodeClipper {
 public:
  explicit DiodeClipper(double sample_rate) : seconds_(1 / (sample_rate * oversampling)) {}

  /// Takes the input voltage at the next sample and gives the output voltage there. Between samples the input is a
  /// straight line, along which the equation is solved in eight steps by the implicit method of Euler, because the
  /// diodes make it too stiff for an explicit one. Nothing is filtered before the output is read once a sample.
  double operator()(double input) {
    for (int i = 1; i <= oversampling; ++i) advance(before_ + (input - before_) * i / oversampling);
    before_ = input;
    return output_;
  }

 private:
  static constexpr int oversampling = 8;
  static constexpr double resistance = 2.2e3, capacity = 10e-9;           // Ohm, Farad
  static constexpr double diode_current = 2.52e-9, diode_volts = 0.0453;  // a 1N4148 at room temperature

  /// Solves v - output_ = seconds_ * dv/dt(u, v) for v by Newton's method, and makes it the output.
  void advance(double u) {
    double v = output_;
    for (int i = 0; i < 50; ++i) {
      const double slope =
          (u - v) / (resistance * capacity) - 2 * diode_current / capacity * std::sinh(v / diode_volts);
      const double slope_change =
          -1 / (resistance * capacity) - 2 * diode_current / (capacity * diode_volts) * std::cosh(v / diode_volts);
      const double change = (v - output_ - seconds_ * slope) / (1 - seconds_ * slope_change);
      v -= change;
      if (std::abs(change) < 1e-9) break;
    }
    output_ = v;
  }

  double seconds_, before_ = 0, output_ = 0;
};

/// Volts at the circuit's input for a sample of 1.
inline constexpr double drive = 4;

/// What the circuit, at rest before, makes of `samples`, in volts.
inline std::vector<float> clip(std::span<const float> samples, double sample_rate) {
  DiodeClipper circuit(sample_rate);
  std::vector<float> output;
  for (const float sample : samples) output.push_back(static_cast<float>(circuit(drive * static_cast<double>(sample))));
  return output;
}

}  // namespace audio_amp
