// What the compiler can check: size formulas against windows that are counted one by one, and tags against each other.
// That this unit compiles is the test.
#include <tenon/core/geometry.hpp>
#include <tenon/core/pool_geometry.hpp>
#include <tenon/cpu/compile.hpp>
#include <tenon/nn/activation.hpp>
#include <tenon/nn/conv.hpp>
#include <tenon/nn/linear.hpp>
#include <tenon/nn/pooling.hpp>
#include <tenon/nn/sequential.hpp>
#include <type_traits>

namespace {

namespace nn = tenon::nn;
using tenon::index_t;
using tenon::Shape;
using tenon::Window;

// ---- windows along one axis

/// Whether `holds(window)` for windows of kernel size `kernel` in all combinations of small sizes.
template <class F>
constexpr bool for_all_windows(index_t kernel, F holds) {
  for (index_t input = 1; input <= 5; ++input)
    for (index_t stride = 1; stride <= 3; ++stride)
      for (index_t padding = 0; padding <= 2; ++padding)
        for (index_t dilation = 1; dilation <= 2; ++dilation)
          if (!holds(Window{input, kernel, stride, padding, dilation, 1})) return false;
  return true;
}

/// How many windows fit into the padded input, placed one after the other.
constexpr index_t count_windows(const Window& w) {
  index_t count = 0;
  while (count * w.stride + (w.kernel - 1) * w.dilation < w.input + 2 * w.padding) ++count;
  return count;
}
constexpr bool a_convolution_has_the_windows_that_fit(const Window& w) {
  return tenon::conv_output_size(w.input, w.kernel, w.stride, w.padding, w.dilation) == count_windows(w);
}
constexpr bool a_pooling_has_the_windows_that_fit(const Window& w) {
  return tenon::pool_output_size(w.input, w.kernel, w.stride, w.padding, w.dilation, false) == count_windows(w);
}
/// In ceil mode one more window, if elements are left over and it begins in the input or in the padding before it.
constexpr bool ceil_mode_keeps_what_is_left_over(const Window& w) {
  const index_t fit = count_windows(w);
  if (fit == 0 || 2 * w.padding > w.kernel) return true;  // which poolings refuse
  const bool is_left_over = (fit - 1) * w.stride + (w.kernel - 1) * w.dilation + 1 < w.input + 2 * w.padding;
  const bool begins_inside = fit * w.stride < w.input + w.padding;
  return tenon::pool_output_size(w.input, w.kernel, w.stride, w.padding, w.dilation, true) ==
         fit + (is_left_over && begins_inside);
}
/// The transposed convolution makes the smallest size of which the convolution makes its input.
constexpr bool a_transposed_convolution_undoes_the_size(const Window& w) {
  const index_t size = tenon::conv_transpose_output_size(w.input, w.kernel, w.stride, w.padding, w.dilation, 0);
  if (size <= 0) return true;
  return tenon::conv_output_size(size, w.kernel, w.stride, w.padding, w.dilation) == w.input &&
         (size == 1 || tenon::conv_output_size(size - 1, w.kernel, w.stride, w.padding, w.dilation) < w.input);
}
/// The part of a window that lies inside the input, and the outputs that see an input, element by element.
constexpr bool a_window_knows_what_it_sees(Window w) {
  w.output = count_windows(w);
  for (index_t o = 0; o < w.output; ++o)
    for (index_t k = 0; k < w.kernel; ++k) {
      const index_t position = w.position(o, k);
      const bool is_inside = position >= 0 && position < w.input;
      if (is_inside != (k >= w.first_inside(o) && k < w.last_inside(o))) return false;
      if (is_inside && (o < w.first_output(position) || o >= w.last_output(position))) return false;
      if (is_inside && w.output_at(position, k) != o) return false;
    }
  return true;
}

static_assert(for_all_windows(1, a_convolution_has_the_windows_that_fit));
static_assert(for_all_windows(2, a_convolution_has_the_windows_that_fit));
static_assert(for_all_windows(3, a_convolution_has_the_windows_that_fit));
static_assert(for_all_windows(4, a_convolution_has_the_windows_that_fit));
static_assert(for_all_windows(1, a_pooling_has_the_windows_that_fit));
static_assert(for_all_windows(2, a_pooling_has_the_windows_that_fit));
static_assert(for_all_windows(3, a_pooling_has_the_windows_that_fit));
static_assert(for_all_windows(1, ceil_mode_keeps_what_is_left_over));
static_assert(for_all_windows(2, ceil_mode_keeps_what_is_left_over));
static_assert(for_all_windows(3, ceil_mode_keeps_what_is_left_over));
static_assert(for_all_windows(1, a_transposed_convolution_undoes_the_size));
static_assert(for_all_windows(2, a_transposed_convolution_undoes_the_size));
static_assert(for_all_windows(3, a_transposed_convolution_undoes_the_size));
static_assert(for_all_windows(1, a_window_knows_what_it_sees));
static_assert(for_all_windows(2, a_window_knows_what_it_sees));
static_assert(for_all_windows(3, a_window_knows_what_it_sees));

/// Adaptive windows are as PyTorch has them, leave nothing out, and are found from what they see.
constexpr bool adaptive_windows_cover_the_input() {
  for (index_t input = 1; input <= 7; ++input)
    for (index_t output = 1; output <= 9; ++output) {
      const tenon::AdaptiveWindow w{input, output};
      index_t covered = 0;
      for (index_t o = 0; o < output; ++o) {
        const index_t begin = w.position(o, 0), end = w.position(o, w.last_inside(o));
        // The largest begin with begin / input <= o / output, the smallest end with end / input >= (o + 1) / output.
        if (begin * output > o * input || (begin + 1) * output <= o * input) return false;
        if (end * output < (o + 1) * input || (end - 1) * output >= (o + 1) * input) return false;
        if (begin > covered || end <= begin) return false;
        covered = end;
        for (index_t i = begin; i < end; ++i)
          if (o < w.first_output(i) || o >= w.last_output(i)) return false;
      }
      if (covered != input) return false;
    }
  return true;
}
static_assert(adaptive_windows_cover_the_input());

// ---- shapes of layers

template <class Layer, class S>
using output = nn::layer_output_t<Layer, S>;

// The examples of PyTorch's manual.
static_assert(std::is_same_v<output<nn::Linear<20, 30>, Shape<128, 20>>, Shape<128, 30>>);
static_assert(std::is_same_v<output<nn::Linear<20, 30>, Shape<20>>, Shape<30>>);
static_assert(std::is_same_v<output<nn::Conv1d<16, 33, nn::kernel_size<3>, nn::stride<2>>, Shape<20, 16, 50>>,
                             Shape<20, 33, 24>>);
static_assert(std::is_same_v<output<nn::Conv2d<16, 33, nn::kernel_size<3, 5>, nn::stride<2, 1>, nn::padding<4, 2>>,
                                    Shape<20, 16, 50, 100>>,
                             Shape<20, 33, 28, 100>>);
static_assert(std::is_same_v<output<nn::MaxPool2d<nn::kernel_size<3, 2>, nn::stride<2, 1>>, Shape<20, 16, 50, 32>>,
                             Shape<20, 16, 24, 31>>);
static_assert(
    std::is_same_v<output<nn::Sequential<nn::Linear<4, 3>, nn::ReLU, nn::Linear<3, 2>>, Shape<7, 4>>, Shape<7, 2>>);
// What does not fit is rejected, not computed.
static_assert(tenon::is_rejection<output<nn::Linear<20, 30>, Shape<128, 21>>>);
static_assert(tenon::is_rejection<output<nn::Conv2d<3, 4, nn::kernel_size<3>>, Shape<1, 4, 8, 8>>>);
static_assert(tenon::is_rejection<output<nn::Conv2d<3, 4, nn::kernel_size<9>>, Shape<1, 3, 8, 8>>>);
static_assert(tenon::is_rejection<output<nn::Sequential<nn::Linear<4, 3>, nn::Linear<4, 2>>, Shape<7, 4>>>);

// ---- tags: one operation, however it is spelt

using Spelt = nn::Conv2d<3, 4, nn::kernel_size<3>>;
static_assert(std::is_same_v<Spelt::operation, nn::Conv2d<3, 4, nn::kernel_size<3, 3>>::operation>);
static_assert(std::is_same_v<Spelt::operation,
                             nn::Conv2d<3, 4, nn::stride<1>, nn::padding<0, 0>, nn::kernel_size<3>>::operation>);
static_assert(!std::is_same_v<Spelt::operation, nn::Conv2d<3, 4, nn::kernel_size<3>, nn::stride<2>>::operation>);
static_assert(std::is_same_v<nn::MaxPool2d<nn::kernel_size<2>>::operation,
                             nn::MaxPool2d<nn::stride<2, 2>, nn::kernel_size<2>>::operation>);

// ---- nets: their sizes are constants, with g++'s -fno-delete-null-pointer-checks too, which its sanitizers imply

using Chain = nn::Sequential<nn::Conv2d<3, 16, nn::kernel_size<1>>, nn::ReLU>;
static_assert(tenon::net_t<Chain, tenon::Tensor<float, 1, 3, 4, 4>>::workspace_bytes > 0);

}  // namespace

int main() {}
