/// \file
/// What the participants must agree with.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "network.hpp"

namespace bench {

/// A network in double precision, computed as plainly as possible.
class Reference {
 public:
  using Values = std::vector<double>;
  using Parameters = std::map<std::string, Values>;

  /// The gradient of ReLU and MaxPool2d follows a choice. Where the rounding of float can tip it, both ways are right.
  enum class Ties { as_computed, reversed };

  Reference(Network network, const Weights& weights, Ties ties = Ties::as_computed);

  Values predict(std::span<const float> x) const;
  /// One step of stochastic gradient descent. Returns the loss it begins with.
  double train(const Batch& batch, double learning_rate);
  const Parameters& parameters() const { return parameters_; }

 private:
  bool reverses(double a, double b) const;
  std::vector<Values> forward(std::span<const float> x) const;
  void backward(const std::vector<Values>& values, Values gradient, Parameters& gradients) const;

  Network network_;
  std::vector<Extents> shapes_;
  Parameters parameters_;
  Ties ties_;
};

}  // namespace bench
