// The passes of convolutions against the sum that defines them, for random geometries: what depends on the shape alone.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <tenon/cpu/micro/transposed_convolution.hpp>
#include <vector>

namespace {

namespace micro = tenon::cpu::micro;
using tenon::ConvGeometry;
using tenon::index_t;
using tenon::Window;

std::mt19937 engine(11);

index_t pick(index_t low, index_t high) { return std::uniform_int_distribution<index_t>(low, high)(engine); }

/// A convolution with an output; or one of a transposed convolution, which may leave out the last rows of its input.
template <int Rank>
ConvGeometry<Rank> random_geometry(bool of_transposed) {
  ConvGeometry<Rank> g;
  g.batch = pick(1, 3);
  g.groups = pick(1, 3);
  g.in_channels = g.groups * pick(1, 5);
  g.out_channels = g.groups * pick(1, 9);
  for (Window& axis : g.axes) {
    do {
      axis = {pick(1, 40 / (Rank * Rank)), pick(1, 4), pick(1, 4), pick(0, 4), pick(1, 3), pick(1, 40 / (Rank * Rank))};
      if (of_transposed)
        axis.input =
            tenon::conv_transpose_output_size(axis.output, axis.kernel, axis.stride, axis.padding, axis.dilation,
                                              pick(0, std::max(axis.stride, axis.dilation) - 1));
      else
        axis.output = tenon::conv_output_size(axis.input, axis.kernel, axis.stride, axis.padding, axis.dilation);
    } while (axis.input < 1 || axis.output < 1);
  }
  return g;
}

/// Calls `f(weight element, x element, y element)` for each product in the definition of a convolution.
template <int Rank, class F>
void for_each_product(const ConvGeometry<Rank>& g, F&& f) {
  const index_t taps = g.kernel_size(), in = g.group_in_channels(), out = g.group_out_channels();
  for (index_t n = 0; n < g.batch; ++n)
    for (index_t o = 0; o < g.out_channels; ++o)
      for (index_t position = 0; position < g.out_size(); ++position)
        for (index_t tap = 0; tap < taps; ++tap) {
          index_t output = position, kernel = tap, offset = 0, plane = 1;
          bool inside = true;
          for (std::size_t a = Rank; a-- > 0;) {
            const Window& axis = g.axes[a];
            const index_t at =
                (output % axis.output) * axis.stride - axis.padding + (kernel % axis.kernel) * axis.dilation;
            inside = inside && at >= 0 && at < axis.input;
            offset += at * plane;
            plane *= axis.input;
            output /= axis.output;
            kernel /= axis.kernel;
          }
          if (!inside) continue;
          for (index_t c = 0; c < in; ++c)
            f((o * in + c) * taps + tap, (n * g.in_channels + o / out * in + c) * plane + offset,
              (n * g.out_channels + o) * g.out_size() + position);
        }
}

template <class T>
struct Numbers {
  std::vector<T> values;
  explicit Numbers(index_t size) : values(static_cast<std::size_t>(size)) {
    for (T& value : values) value = static_cast<T>(pick(-8, 8)) / 8;  // sums of which are exact
  }
  Numbers(index_t size, T value) : values(static_cast<std::size_t>(size), value) {}
  T& operator[](index_t i) { return values[static_cast<std::size_t>(i)]; }
  T* data() { return values.data(); }
  friend bool operator==(const Numbers& a, const Numbers& b) {
    return std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                      [](T left, T right) { return left == right || (std::isnan(left) && std::isnan(right)); });
  }
};

/// The weights of `pass`, packed; and its workspace, in which an earlier call has left what must not be read.
template <class T, class Pass>
struct Packed {
  Numbers<T> weights, workspace;
  Packed(const Pass& pass, const T* weight)
      : weights(pass.packed_size(), std::numeric_limits<T>::quiet_NaN()),
        workspace(pass.workspace_size(), std::numeric_limits<T>::quiet_NaN()) {
    pass.pack(weight, weights.data());
  }
};

template <class T, int Rank>
void check(const ConvGeometry<Rank>& g) {
  const index_t taps = g.kernel_size(), x_size = g.batch * g.in_channels * g.in_size();
  const index_t y_size = g.batch * g.out_channels * g.out_size();
  Numbers<T> x(x_size), y(y_size), weight(g.out_channels * g.group_in_channels() * taps), bias(g.out_channels),
      transposed_bias(g.in_channels);

  Numbers<T> expected_y = y, expected_x = x, expected_weight = weight, biased_y(y_size, T(0)), biased_x(x_size, T(0));
  for (index_t i = 0; i < y_size; ++i) biased_y[i] = bias[i / g.out_size() % g.out_channels];
  for (index_t i = 0; i < x_size; ++i) biased_x[i] = transposed_bias[i / g.in_size() % g.in_channels];
  for_each_product(g, [&](index_t w, index_t in, index_t out) {
    expected_y[out] += weight[w] * x[in];
    biased_y[out] += weight[w] * x[in];
    expected_x[in] += weight[w] * y[out];
    biased_x[in] += weight[w] * y[out];
    expected_weight[w] += x[in] * y[out];
  });

  const micro::Convolution<T, Rank> convolution(g);
  Packed<T, micro::Convolution<T, Rank>> packed(convolution, weight.data());
  Numbers<T> result = y;
  convolution.add(x.data(), packed.weights.data(), result.data(), packed.workspace.data());
  BOOST_TEST((result == expected_y), "convolution, added");
  convolution.run(x.data(), packed.weights.data(), bias.data(), result.data(), packed.workspace.data());
  BOOST_TEST((result == biased_y), "convolution");

  const micro::TransposedConvolution<T, Rank> transposed(g);
  Packed<T, micro::TransposedConvolution<T, Rank>> mirrored(transposed, weight.data());
  result = x;
  transposed.add(y.data(), mirrored.weights.data(), result.data(), mirrored.workspace.data());
  BOOST_TEST((result == expected_x), "transposed convolution, added");
  transposed.run(y.data(), mirrored.weights.data(), transposed_bias.data(), result.data(), mirrored.workspace.data());
  BOOST_TEST((result == biased_x), "transposed convolution");

  Numbers<T> workspace(micro::convolution_backward_weight_workspace_size<T>(g), std::numeric_limits<T>::quiet_NaN());
  result = weight;
  micro::convolution_backward_weight<T>(g, x.data(), y.data(), result.data(), workspace.data());
  BOOST_TEST((result == expected_weight), "gradient of the weight");

  // NaN goes where the definition says, and nowhere else.
  x[pick(0, x_size - 1)] = y[pick(0, y_size - 1)] = std::numeric_limits<T>::quiet_NaN();
  for_each_product(g, [&](index_t, index_t in, index_t out) {
    if (std::isnan(x[in])) biased_y[out] = x[in];
    if (std::isnan(y[out])) biased_x[in] = y[out];
  });
  result = Numbers<T>(y_size);
  convolution.run(x.data(), packed.weights.data(), bias.data(), result.data(), packed.workspace.data());
  BOOST_TEST((result == biased_y), "convolution of NaN");
  result = Numbers<T>(x_size);
  transposed.run(y.data(), mirrored.weights.data(), transposed_bias.data(), result.data(), mirrored.workspace.data());
  BOOST_TEST((result == biased_x), "transposed convolution of NaN");
}

template <class T, int Rank>
void check_many(int count) {
  for (int i = 0; i < count; ++i) {
    const auto g = random_geometry<Rank>(i % 2 == 1);
    std::string text = std::to_string(g.batch) + " x " + std::to_string(g.in_channels) + " -> " +
                       std::to_string(g.out_channels) + ", groups " + std::to_string(g.groups);
    for (const Window& a : g.axes)
      text += "; input " + std::to_string(a.input) + ", kernel " + std::to_string(a.kernel) + ", stride " +
              std::to_string(a.stride) + ", padding " + std::to_string(a.padding) + ", dilation " +
              std::to_string(a.dilation) + ", output " + std::to_string(a.output);
    BOOST_TEST_CONTEXT(text) check<T>(g);
  }
}

BOOST_AUTO_TEST_CASE(one_axis) {
  check_many<float, 1>(400);
  check_many<double, 1>(400);
}
BOOST_AUTO_TEST_CASE(two_axes) {
  check_many<float, 2>(300);
  check_many<double, 2>(300);
}
BOOST_AUTO_TEST_CASE(three_axes) {
  check_many<float, 3>(200);
  check_many<double, 3>(200);
}

}  // namespace
