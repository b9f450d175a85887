#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(functional)
using namespace against_host;
using tenon::cat;
using tenon::mm;
using tenon::reshape;

template <class T = float>
struct Arithmetic : nn::Module<Arithmetic<T>> {
  using Offset = nn::Parameter<Tensor<T, 3, 5>>;
  BOOST_HANA_DEFINE_STRUCT(Arithmetic, (Offset, offset));
  auto forward(const auto& x) {
    const auto y = 2 - nn::functional::relu(3 * x * offset - x);
    return -(y + offset) * (y - 0.5) + x * x;
  }
};

// The parameters of these modules are zeros until somebody fills them.
template <class Layer, class Input>
void check_filled() {
  Layer layer;
  nn::for_each_parameter(layer, [](const std::string&, auto& p) { tenon::fill_uniform(p.data(), 1); });
  const auto x = random<Input>();
  const double tolerance = closely<typename Input::value_type>;
  check_eager(layer, x, tolerance);
  check_backward(layer, tolerance, x);
  check_compiled(layer, x, tolerance);
}

BOOST_AUTO_TEST_CASE(arithmetic) {
  check_filled<Arithmetic<>, Tensor<float, 3, 5>>();
  check_filled<Arithmetic<double>, Tensor<double, 3, 5>>();
}

template <class T = float>
struct Products : nn::Module<Products<T>> {
  using Weight = nn::Parameter<Tensor<T, 5, 7>>;
  BOOST_HANA_DEFINE_STRUCT(Products, (Weight, weight));
  auto forward(const auto& x) {
    const auto last = mm(reshape<1, 5>(x[-1]), weight);
    return mm(mm(x, weight), reshape<7, 1>(last));
  }
};

BOOST_AUTO_TEST_CASE(products) {
  check_filled<Products<>, Tensor<float, 3, 5>>();
  check_filled<Products<double>, Tensor<double, 2, 5>>();
}

// Contiguous parts, at aligned addresses (of 16) and at others, of the input, a constant and results.
auto join_parts(const auto& x, const auto& rows) {
  const auto h = nn::functional::tanh(x);
  const auto joined = cat(h[0], x[1], rows[1], h[0], h[2] * rows[0]);
  return cat(joined, joined, reshape<1>(joined[3]));
}
template <class T = float>
struct AlignedParts : nn::Module<AlignedParts<T>> {
  using Rows = nn::Parameter<Tensor<T, 2, 16>>;
  BOOST_HANA_DEFINE_STRUCT(AlignedParts, (Rows, rows));
  auto forward(const auto& x) { return join_parts(x, rows); }
};
template <class T = float>
struct OddParts : nn::Module<OddParts<T>> {
  using Rows = nn::Parameter<Tensor<T, 2, 5>>;
  BOOST_HANA_DEFINE_STRUCT(OddParts, (Rows, rows));
  auto forward(const auto& x) { return join_parts(x, rows); }
};
template <class T = float>
struct Channels : nn::Module<Channels<T>> {
  BOOST_HANA_DEFINE_STRUCT(Channels);
  auto forward(const auto& x) { return cat<-2>(x, nn::functional::relu(x), cat<1>(x)); }
};

BOOST_AUTO_TEST_CASE(parts) {
  check<Channels<>, Tensor<float, 2, 3, 4>>(exactly);
  check<Channels<>, Tensor<float, 1, 3, 16>>(exactly);
  check_filled<AlignedParts<>, Tensor<float, 3, 16>>();
  check_filled<OddParts<>, Tensor<float, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(tensors) {
  const auto a = random<Tensor<float, 2, 3>>(), b = random<Tensor<float, 2, 3>>();
  const auto c = tenon::cuda::copy(a), d = tenon::cuda::copy(b);
  check_equal(Tensor<float, 2, 3>(a - b), c - d, exactly);
  check_equal(Tensor<float, 2, 3>(a * b), c * d, exactly);
  check_equal(Tensor<float, 2, 3>(2.f * a), 2 * c, exactly);
  check_equal(Tensor<float, 2, 3>(1.f - a), 1 - c, exactly);
  check_equal(Tensor<float, 2, 3>(-a), -c, exactly);
  check_equal(a[1], c[1], exactly);
  check_equal(cat<1>(a, b), cat<1>(c, d), exactly);
  BOOST_TEST(c[1][2].item() == a(1, 2));
  BOOST_CHECK_THROW((void)c[2], tenon::Error);
}

using Branches =
    nn::Concat<nn::Linear<5, 5>, nn::Named<"deep", nn::Sequential<nn::Linear<5, 3>, nn::ReLU, nn::Linear<3, 5>>>,
               nn::Identity>;
BOOST_AUTO_TEST_CASE(containers) {
  check<Branches, Tensor<float, 1, 16, 5>>();
  check<Branches, Tensor<float, 3, 3, 2, 5>>();
  check<nn::Residual<nn::Linear<4, 3>, nn::Linear<4, 3, nn::bias<false>>>, Tensor<float, 2, 4>>();
  check<nn::Unflatten<nn::dim<-1>, nn::unflattened_size<2, -1>>, Tensor<float, 3, 8>>(exactly);
}

BOOST_AUTO_TEST_CASE(shared) {
  const nn::Shared<nn::Linear<4, 4>> tied;
  nn::Sequential model{tied, nn::Tanh{}, tied};
  const auto x = random<Tensor<float, 3, 4>>();
  check_eager(model, x, closely<float>);
  check_backward(model, closely<float>, x);
  auto on_device = model.cuda(0);
  using namespace tenon::literals;
  BOOST_TEST(&*on_device[0_c] == &*on_device[2_c]);
}

BOOST_AUTO_TEST_SUITE_END()
