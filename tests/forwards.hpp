/// \file
/// Modules whose `forward` is made of functions: the same on the host and on the device.
#pragma once

#include <tenon/nn/containers.hpp>
#include <tenon/nn/linear.hpp>

namespace forwards {

namespace nn = tenon::nn;
using tenon::cat;
using tenon::index_t;
using tenon::mm;
using tenon::reshape;
using tenon::Tensor;

template <class T = float>
struct Arithmetic : nn::Module<Arithmetic<T>> {
  using Offset = nn::Parameter<Tensor<T, 3, 5>>;
  BOOST_HANA_DEFINE_STRUCT(Arithmetic, (Offset, offset));
  Arithmetic() { fill_uniform(offset.data(), 1); }
  auto forward(const auto& x) {
    const auto y = 2 - nn::functional::tanh(3 * x * offset - x);
    const auto unrelated = offset * offset + 1;  // of parameters alone
    return -(y + unrelated) * (y - 0.5) + x * x - offset * 0.25f;
  }
};

// By tensors, parameters, buffers and numbers, on either side.
template <class T = float>
struct Division : nn::Module<Division<T>> {
  using Deviation = nn::Parameter<Tensor<T, 3, 5>>;
  using Mean = nn::Buffer<Tensor<T, 3, 5>>;
  BOOST_HANA_DEFINE_STRUCT(Division, (Deviation, deviation), (Mean, mean));
  Division() {
    deviation.data().fill(-2);
    mean.data().fill(0.125f);
  }
  auto forward(const auto& x) {
    const auto y = (x - mean) / deviation;
    const auto unrelated = 1 / deviation - mean / 7 + mean / mean;  // of what the module holds alone
    return nn::functional::tanh(y / 3.0f) / (x * x + 2) - 2.5 / (y * y + 1) + deviation / (y * y + x * x + 2) +
           unrelated / (2L / deviation);
  }
};

template <class T = float>
struct Products : nn::Module<Products<T>> {
  using Weight = nn::Parameter<Tensor<T, 5, 17>>;
  BOOST_HANA_DEFINE_STRUCT(Products, (Weight, weight));
  Products() { fill_uniform(weight.data(), 1); }
  auto forward(const auto& x) {
    const auto last = mm(reshape<1, 5>(x[-1]), weight);
    return mm(mm(x, weight), reshape<17, 1>(last));
  }
};

// Contiguous parts of the input, a constant and results, some of them more than once; the last is a scalar.
auto join_parts(const auto& x, const auto& rows) {
  const auto h = nn::functional::tanh(x);
  const auto joined = cat(h[0], x[1], rows[1], h[0], h[2] * rows[0]);
  return cat(joined, joined, reshape<1>(joined[3]));
}
// At addresses that are aligned ...
template <class T = float>
struct AlignedParts : nn::Module<AlignedParts<T>> {
  using Rows = nn::Parameter<Tensor<T, 2, 16>>;
  BOOST_HANA_DEFINE_STRUCT(AlignedParts, (Rows, rows));
  AlignedParts() { fill_uniform(rows.data(), 1); }
  auto forward(const auto& x) { return join_parts(x, rows); }
};
// ... and at others.
template <class T = float>
struct OddParts : nn::Module<OddParts<T>> {
  using Rows = nn::Parameter<Tensor<T, 2, 5>>;
  BOOST_HANA_DEFINE_STRUCT(OddParts, (Rows, rows));
  OddParts() { fill_uniform(rows.data(), 1); }
  auto forward(const auto& x) { return join_parts(x, rows); }
};

template <class T = float>
struct Channels : nn::Module<Channels<T>> {
  BOOST_HANA_DEFINE_STRUCT(Channels);
  auto forward(const auto& x) { return cat<-2>(x, nn::functional::tanh(x), cat<1>(x)); }
};

// One layer in two places.
template <class T = float>
struct Tied : nn::Module<Tied<T>> {
  using Layer = nn::Shared<nn::Linear<5, 5, nn::dtype<T>>>;
  BOOST_HANA_DEFINE_STRUCT(Tied, (Layer, first), (Layer, second));
  Tied() { second = first; }
  auto forward(const auto& x) { return second(nn::functional::tanh(first(x))); }
};

}  // namespace forwards
