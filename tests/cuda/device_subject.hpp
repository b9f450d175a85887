/// \file
/// A layer on the device, whatever its type, and how it is compared with one on the host: compiled once for every
/// place.
#pragma once

#include <initializer_list>
#include <random>

#include "../subject.hpp"

namespace tenon_test {

using Numbers = std::vector<std::vector<double>>;
Numbers read(std::initializer_list<View> views);

/// Sums of many terms, in another order.
template <class T>
inline constexpr double closely = std::is_same_v<T, float> ? 2e-5 : 1e-13;

/// NaN is equal to NaN; a number is within tolerance * (1 + |expected|).
void check_equal(const View& expected, const View& actual, double tolerance);

std::mt19937& engine();
/// Normal numbers, different ones in each call.
std::vector<double> normal_numbers(std::size_t count);

/// Keeps the gradient of a value and not the value.
class Kept {
 public:
  explicit Kept(tenon::autograd::AnyState& state) : state_(&state) { state.hold(false); }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() { state_->let_go(false); }
  /// The backward pass of what made the value; the gradient is there already.
  void propagate() const;

 private:
  tenon::autograd::AnyState* state_;
};

/// A layer on the device and its arguments there.
class DeviceSubject {
 public:
  virtual ~DeviceSubject() = default;
  virtual void train(bool mode) = 0;
  std::vector<Part> parts() { return find_parts(false); }
  /// The same after a backward pass; of arguments, `record` gives the gradients.
  std::vector<Part> parts_with_gradients() { return find_parts(true); }
  /// What the layer gives where nothing is recorded.
  virtual Numbers call() = 0;
  /// What a recorded call gives, and the gradients of the arguments. When they are computed, only the record has what
  /// the layer was given and what it made of that.
  struct Recording {
    Numbers results, gradients;
  };
  virtual Recording record(const std::vector<double>& gradient) = 0;
  /// What the net that the layer is compiled to gives; nothing where it has no place in a net.
  virtual Numbers call_compiled() = 0;

 private:
  virtual std::vector<Part> find_parts(bool with_gradients) = 0;
};

/// Calls both, in training and evaluation mode or in the latter alone, on the arguments that the host's has.
void check_against_host(Subject& host, DeviceSubject& device, const Case& c);
/// The same on random arguments.
void check_at_random(Subject& host, DeviceSubject& device, index_t classes, const Case& c, std::string_view function);

}  // namespace tenon_test
