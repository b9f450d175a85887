#include "reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

namespace bench {

namespace {

// Calls f(output, input, weight) with the positions of the factors of every product in the sums that are the outputs.
template <class F>
void for_each_product(const Conv2d& conv, const Extents& input, const Extents& output, F f) {
  const int k = conv.kernel_size;
  for (int o = 0; o < output[0]; ++o)
    for (int y = 0; y < output[1]; ++y)
      for (int x = 0; x < output[2]; ++x)
        for (int c = 0; c < input[0]; ++c)
          for (int i = 0; i < k; ++i)
            for (int j = 0; j < k; ++j) {
              const int row = y * conv.stride + i - conv.padding, column = x * conv.stride + j - conv.padding;
              if (row < 0 || row >= input[1] || column < 0 || column >= input[2]) continue;
              f((o * output[1] + y) * output[2] + x, (c * input[1] + row) * input[2] + column,
                ((o * input[0] + c) * k + i) * k + j);
            }
}
template <class F>
void for_each_product(const Linear& linear, const Extents&, const Extents&, F f) {
  for (int o = 0; o < linear.out_features; ++o)
    for (int i = 0; i < linear.in_features; ++i) f(o, i, o * linear.in_features + i);
}

// Calls f(output, best, second) with the position of every output and of the two largest inputs in its window, the
// first of several.
template <class F>
void for_each_maximum(const MaxPool2d& pool, const Extents& input, const Extents& output, const double* x, F f) {
  const int k = pool.kernel_size;
  for (int c = 0; c < output[0]; ++c)
    for (int row = 0; row < output[1]; ++row)
      for (int column = 0; column < output[2]; ++column) {
        const int corner = (c * input[1] + row * k) * input[2] + column * k;
        int best = corner, second = corner;
        for (int i = 0; i < k; ++i)
          for (int j = 0; j < k; ++j) {
            const int candidate = corner + i * input[2] + j;
            if (x[candidate] > x[best]) {
              second = best;
              best = candidate;
            } else if (candidate != best && (second == best || x[candidate] > x[second])) {
              second = candidate;
            }
          }
        f((c * output[1] + row) * output[2] + column, best, second);
      }
}

template <class Layer>
constexpr bool has_weight = std::is_same_v<Layer, Conv2d> || std::is_same_v<Layer, Linear>;

double log_of_sum_of_exponentials(const Reference::Values& scores) {
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (const double score : scores) sum += std::exp(score - largest);
  return largest + std::log(sum);
}

// The loss of sample `n`, and its gradient.
std::pair<double, Reference::Values> loss(const Reference::Values& y, const Batch& batch, std::size_t n) {
  Reference::Values gradient(y.size());
  double sum = 0;
  if (const auto* classes = std::get_if<std::vector<std::int64_t>>(&batch.target)) {
    const auto wanted = static_cast<std::size_t>((*classes)[n]);
    const double log_of_sum = log_of_sum_of_exponentials(y), count = static_cast<double>(batch.size);
    for (std::size_t i = 0; i < y.size(); ++i) gradient[i] = (std::exp(y[i] - log_of_sum) - (i == wanted)) / count;
    sum = (log_of_sum - y[wanted]) / count;
  } else {
    const float* target = std::get<std::vector<float>>(batch.target).data() + n * y.size();
    const double count = static_cast<double>(batch.size * y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double difference = y[i] - static_cast<double>(target[i]);
      gradient[i] = 2 * difference / count;
      sum += difference * difference / count;
    }
  }
  return {sum, gradient};
}

}  // namespace

Reference::Reference(Network network, const Weights& weights, Ties ties)
    : network_(std::move(network)), shapes_(shapes(network_)), ties_(ties) {
  for (const auto& [name, values] : weights) parameters_[name].assign(values.begin(), values.end());
}

Reference::Values Reference::predict(std::span<const float> x) const { return forward(x).back(); }

double Reference::train(const Batch& batch, double learning_rate) {
  Parameters gradients;
  for (const auto& [name, values] : parameters_) gradients[name].resize(values.size());
  const std::size_t sample_size = element_count(network_.input);
  double sum = 0;
  for (std::size_t n = 0; n < batch.size; ++n) {
    const auto values = forward(std::span(batch.x).subspan(n * sample_size, sample_size));
    auto [loss_of_sample, gradient] = loss(values.back(), batch, n);
    sum += loss_of_sample;
    backward(values, std::move(gradient), gradients);
  }
  for (auto& [name, values] : parameters_)
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= learning_rate * gradients[name][i];
  return sum;
}

// Whether the choice between two values is to be the other one.
bool Reference::reverses(double a, double b) const {
  constexpr double rounding = 2 * std::numeric_limits<float>::epsilon();  // values are around one
  return ties_ == Ties::reversed && std::abs(a - b) < rounding;
}

// The input and the output of every layer.
std::vector<Reference::Values> Reference::forward(std::span<const float> sample) const {
  std::vector<Values> values{Values(sample.begin(), sample.end())};
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const Values& x = values.back();
    Values y(element_count(shapes_[i + 1]));
    const auto compute = [&](const auto& layer) {
      using L = std::remove_cvref_t<decltype(layer)>;
      if constexpr (has_weight<L>) {
        const Values& weight = parameters_.at(weight_name(i));
        const Values& bias = parameters_.at(bias_name(i));
        const std::size_t per_channel = y.size() / bias.size();
        for (std::size_t o = 0; o < y.size(); ++o) y[o] = bias[o / per_channel];
        for_each_product(layer, shapes_[i], shapes_[i + 1],
                         [&, y = y.data()](int o, int in, int w) { y[o] += weight.data()[w] * x.data()[in]; });
      } else if constexpr (std::is_same_v<L, MaxPool2d>) {
        for_each_maximum(layer, shapes_[i], shapes_[i + 1], x.data(),
                         [&, y = y.data()](int o, int best, int) { y[o] = x.data()[best]; });
      } else if constexpr (std::is_same_v<L, ReLU>) {
        std::transform(x.begin(), x.end(), y.begin(), [](double v) { return std::max(0.0, v); });
      } else if constexpr (std::is_same_v<L, Tanh>) {
        std::transform(x.begin(), x.end(), y.begin(), [](double v) { return std::tanh(v); });
      } else {
        static_assert(std::is_same_v<L, Flatten>);
        y = x;
      }
    };
    std::visit(compute, network_.layers[i]);
    values.push_back(std::move(y));
  }
  return values;
}

// Adds the gradients of one sample, given that of its output.
void Reference::backward(const std::vector<Values>& values, Values gradient, Parameters& gradients) const {
  for (std::size_t i = network_.layers.size(); i-- > 0;) {
    const Values &x = values[i], &y = values[i + 1];
    Values below(x.size());
    const auto compute = [&, dx = below.data(), dy = gradient.data()](const auto& layer) {
      using L = std::remove_cvref_t<decltype(layer)>;
      if constexpr (has_weight<L>) {
        const Values& weight = parameters_.at(weight_name(i));
        Values& weight_gradient = gradients.at(weight_name(i));
        Values& bias_gradient = gradients.at(bias_name(i));
        const std::size_t per_channel = y.size() / bias_gradient.size();
        for (std::size_t o = 0; o < y.size(); ++o) bias_gradient[o / per_channel] += dy[o];
        for_each_product(layer, shapes_[i], shapes_[i + 1], [&](int o, int in, int w) {
          dx[in] += weight.data()[w] * dy[o];
          weight_gradient.data()[w] += x.data()[in] * dy[o];
        });
      } else if constexpr (std::is_same_v<L, MaxPool2d>) {
        for_each_maximum(layer, shapes_[i], shapes_[i + 1], x.data(), [&](int o, int best, int second) {
          dx[reverses(x.data()[best], x.data()[second]) ? second : best] += dy[o];
        });
      } else if constexpr (std::is_same_v<L, ReLU>) {
        for (std::size_t j = 0; j < x.size(); ++j) dx[j] = (x[j] > 0) != reverses(x[j], 0) ? dy[j] : 0;
      } else if constexpr (std::is_same_v<L, Tanh>) {
        for (std::size_t j = 0; j < x.size(); ++j) dx[j] = dy[j] * (1 - y[j] * y[j]);
      } else {
        static_assert(std::is_same_v<L, Flatten>);
        below = gradient;
      }
    };
    std::visit(compute, network_.layers[i]);
    gradient = std::move(below);
  }
}

}  // namespace bench
