#define BOOST_TEST_MODULE dropout
#define BOOST_TEST_DYN_LINK
#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(dropout) {
  check<nn::Dropout<nn::p<0.75>>, Tensor<float, 1, 4>>({.vectors = "Dropout.p01.eval", .eval = true});
  check<nn::Dropout<nn::p<0>>, Tensor<float, 1, 1>>({.vectors = "Dropout.p02.p0"});
  check<nn::Dropout<nn::p<0.2>>, Tensor<float, 1, 4>>({.vectors = "Dropout.p06.eval", .eval = true});
}

BOOST_AUTO_TEST_CASE(identities) {
  check<nn::Dropout<nn::p<0>>, Tensor<float, 3, 37>>();
  check<nn::Dropout<>, Tensor<float, 3, 37>>({.eval = true});
}

// What is random is checked by what must hold of every draw.
template <class Layer>
void check_mask(const char* vectors, double p, double tolerance) {
  tenon::manual_seed(3);
  const auto dict = load_vectors(vectors);
  const auto run = [&]<class X>(std::type_identity<X>) {
    Layer layer;
    const X t = dict.get<X>("f32.in.input");
    nn::Variable x{t, nn::requires_grad};
    const auto y = layer(x), again = layer(x);
    X grad_y;
    for (std::size_t i = 0; i < X::size(); ++i) grad_y.data()[i] = 1.f + 0.5f * static_cast<float>(i % 3);
    y.backward(grad_y);
    std::size_t dropped = 0, wrong = 0, same = 0;
    for (std::size_t i = 0; i < X::size(); ++i) {
      const double scale = 1 / (1 - p), value = y.data().data()[i], gradient = x.grad().data()[i];
      const bool zero = value == 0;
      dropped += zero;
      wrong += !zero && std::fabs(value - t.data()[i] * scale) > 1e-5;
      wrong += std::fabs(gradient - (zero ? 0 : grad_y.data()[i] * scale)) > 1e-5;
      same += value == again.data().data()[i];
    }
    BOOST_TEST(wrong == 0u);
    BOOST_TEST(std::fabs(static_cast<double>(dropped) / X::size() - p) < tolerance);
    BOOST_TEST(same < X::size());
  };
  if (dict["f32.in.input"].extents() == std::vector<index_t>{40, 31})
    run(std::type_identity<Tensor<float, 40, 31>>{});
  else
    run(std::type_identity<Tensor<float, 38, 30>>{});
}

BOOST_AUTO_TEST_CASE(masks) {
  check_mask<nn::Dropout<nn::p<0.2>>>("Dropout.p03.statistical", 0.2, 0.0567);
  check_mask<nn::Dropout<>>("Dropout.p04.statistical", 0.5, 0.0740);
}

}  // namespace
