// Packed weights of another type than the arithmetic's: what a kernel of double makes of weights stored as float is, to
// the last bit, what it makes of the same numbers stored as double.
#include <boost/test/unit_test.hpp>
#include <random>
#include <tenon/cpu/micro/blocked_conv.hpp>
#include <tenon/cpu/micro/depthwise_conv.hpp>
#include <tenon/cpu/micro/dot_product.hpp>
#include <tenon/cpu/micro/gemv.hpp>
#include <tenon/cpu/micro/plain_conv.hpp>
#include <vector>

namespace {

namespace micro = tenon::cpu::micro;
using tenon::ConvGeometry;
using tenon::FoldedWeights;
using tenon::index_t;

template <class T>
using Aligned = std::vector<T, xsimd::aligned_allocator<T, 64>>;

/// Numbers that a float holds.
Aligned<double> random_floats(index_t count) {
  static std::mt19937 engine(3);
  Aligned<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = std::normal_distribution<float>()(engine);
  return values;
}

/// `pack(weights, packed)` and `run(packed, y)` are called with weights packed as `W`; the result has `size` elements.
template <class W, class Pack, class Run>
Aligned<double> result(index_t packed_size, index_t size, Pack&& pack, Run&& run) {
  Aligned<W> packed(static_cast<std::size_t>(packed_size));
  Aligned<double> y(static_cast<std::size_t>(size));
  pack(packed.data());
  run(static_cast<const W*>(packed.data()), y.data());
  return y;
}
template <template <class W> class Kernel, class Pack, class Run>
void check(index_t packed_size, index_t size, Pack&& pack, Run&& run) {
  const auto of = [&]<class W>(W) {
    return result<W>(
        packed_size, size, [&](W* packed) { pack(Kernel<W>{}, packed); },
        [&](const W* packed, double* y) { run(Kernel<W>{}, packed, y); });
  };
  const Aligned<double> expected = of(double{}), actual = of(float{});
  BOOST_TEST(actual == expected, boost::test_tools::per_element());
  BOOST_TEST(expected.front() != 0);
}

template <class W>
using Rows = micro::PackedLinear<double, micro::Epilogue<double>, W>;
template <class W>
using Dots = micro::DotProducts<double, micro::Epilogue<double>, W>;

constexpr index_t outputs = 13, inputs = 37;

}  // namespace

BOOST_AUTO_TEST_CASE(linear) {
  const Aligned<double> weight = random_floats(outputs * inputs), bias = random_floats(outputs);
  const FoldedWeights<double> weights{weight.data(), bias.data()};
  for (const index_t rows : {1, 2, 7}) {
    const Aligned<double> x = random_floats(rows * inputs);
    check<Rows>(
        Rows<double>::packed_size(inputs, outputs), rows * outputs,
        [&](auto kernel, auto* packed) { kernel.pack(inputs, outputs, inputs, weights, packed); },
        [&](auto kernel, const auto* packed, double* y) { kernel.run(rows, inputs, outputs, x.data(), packed, y); });
  }
  if constexpr (Dots<double>::most_outputs > 0) {
    const Aligned<double> x = random_floats(inputs);
    check<Dots>(
        Dots<double>::packed_size(inputs), 1,
        [&](auto kernel, auto* packed) { kernel.pack(inputs, 1, inputs, weights, packed, std::identity{}); },
        [&](auto kernel, const auto* packed, double* y) { kernel.run_row(inputs, 1, x.data(), packed, y, {}); });
  }
}

namespace {

constexpr tenon::Window axis{9, 3, 1, 1, 1, 9};
struct FromPlain {
  static constexpr ConvGeometry<2> value{2, 3, 13, 1, {axis, axis}};
};
struct FromBlocked {
  static constexpr ConvGeometry<2> value{2, 13, 21, 1, {axis, axis}};
};
struct PerChannel {
  static constexpr ConvGeometry<2> value{2, 13, 13, 13, {axis, axis}};
};

template <class W>
struct Plain : micro::PlainConvFor<double, FromPlain, micro::unpooled, micro::Epilogue<double>, W> {
  using Geometry = FromPlain;
};
template <class W>
struct Pooled : micro::PlainConvFor<double, FromPlain, micro::pooled_2x2, micro::Epilogue<double>, W> {
  using Geometry = FromPlain;
};
template <class W>
struct First : micro::BlockedConvFor<double, FromPlain, micro::ConvInput::plain, micro::Epilogue<double>, W> {
  using Geometry = FromPlain;
};
template <class W>
struct Blocked : micro::BlockedConvFor<double, FromBlocked, micro::ConvInput::blocked, micro::Epilogue<double>, W> {
  using Geometry = FromBlocked;
};
template <class W>
struct Depthwise : micro::DepthwiseConvFor<double, PerChannel, micro::Epilogue<double>, W> {
  using Geometry = PerChannel;
};

template <template <class W> class Kernel>
void check_conv() {
  using Wide = Kernel<double>;
  constexpr ConvGeometry<2> geometry = Wide::Geometry::value;
  const auto blocked = [](index_t channels, index_t pixels) {
    return micro::blocked_size<double>(geometry.batch, channels, pixels);
  };
  const Aligned<double> weight =
      random_floats(geometry.out_channels * geometry.group_in_channels() * geometry.kernel_size());
  const Aligned<double> bias = random_floats(geometry.out_channels);
  const Aligned<double> x = random_floats(blocked(geometry.in_channels, geometry.in_size()));
  check<Kernel>(
      Wide::packed_size(geometry), blocked(geometry.out_channels, geometry.out_size()),
      [&](auto kernel, auto* packed) {
        kernel.pack(geometry, FoldedWeights<double>{weight.data(), bias.data()}, packed);
      },
      [&](auto kernel, const auto* packed, double* y) {
        if constexpr (requires { kernel.workspace_size(geometry); }) {
          Aligned<double> workspace(static_cast<std::size_t>(kernel.workspace_size(geometry)));
          kernel.run(geometry, x.data(), packed, y, workspace.data());
        } else {
          kernel.run(geometry, x.data(), packed, y);
        }
      });
}

}  // namespace

BOOST_AUTO_TEST_CASE(convolution) {
  check_conv<Plain>();
  check_conv<Pooled>();
  check_conv<First>();
  check_conv<Blocked>();
  check_conv<Depthwise>();
}
