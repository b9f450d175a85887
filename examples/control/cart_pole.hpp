/// \file
/// The system that is controlled: a cart on a track, with a pole that stands on it on a hinge.
#pragma once

namespace control {

inline constexpr double strongest_force = 10;  // N, in either direction
inline constexpr double track = 2.4;           // m, from the middle to either end

/// Numbers, or nn::Variables of whole batches: the equations below are the same.
template <class Number>
struct CartPole {
  Number position, velocity;  // of the cart, in m and m/s; positive is to the right
  Number cosine, sine;        // of the pole's angle; (1, 0) is upright, sine > 0 is to the right
  Number rate;                // of the angle, in rad/s
};

/// Where the system is `seconds` later, while `force` pushes the cart.
///
/// The accelerations are those of Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult
/// learning control problems", 1983, without friction. Velocities are advanced first, and with them what they move
/// (semi-implicit Euler). The angle is kept as its cosine and sine, which take a step of the angle as a rotation by
/// a = rate * seconds: with h = a / 2, its cosine is (1 - h^2) / (1 + h^2) and its sine 2 h / (1 + h^2) but for terms
/// of a^3. So the length of (cosine, sine) stays 1, and all is made of +, -, * and /.
template <class Number>
CartPole<Number> step(const CartPole<Number>& now, const Number& force, double seconds) {
  constexpr double cart = 1, pole = 0.1, mass = cart + pole;  // kg
  constexpr double half_length = 0.5, gravity = 9.81;         // m, m/s^2

  const Number push = (force + pole * half_length * now.rate * now.rate * now.sine) / mass;
  const Number rate_change =
      (gravity * now.sine - now.cosine * push) / (half_length * (4.0 / 3 - pole / mass * now.cosine * now.cosine));
  const Number acceleration = push - pole * half_length / mass * rate_change * now.cosine;

  const Number rate = now.rate + seconds * rate_change;
  const Number velocity = now.velocity + seconds * acceleration;
  const Number h = seconds / 2 * rate;
  const Number scale = 1 / (1 + h * h);
  const Number turn_cosine = (1 - h * h) * scale, turn_sine = 2 * h * scale;
  return {.position = now.position + seconds * velocity,
          .velocity = velocity,
          .cosine = now.cosine * turn_cosine - now.sine * turn_sine,
          .sine = now.sine * turn_cosine + now.cosine * turn_sine,
          .rate = rate};
}

}  // namespace control
