// Parts of a tensor, and other orders of its axes: on tensors, recorded, and in compiled modules.
#pragma once

namespace views {

namespace nn = tenon::nn;

// Of (3, 5, 16): parts that are contiguous or not, that overlap, so that gradients add, and parts of parts.
template <class T = float>
struct Parts : nn::Module<Parts<T>> {
  BOOST_HANA_DEFINE_STRUCT(Parts);
  int last = -1;
  auto forward(const auto& x) const {
    const auto [a, b, c] = tenon::split<nn::sizes<2, 2, 1>, nn::dim<1>>(tenon::narrow<0, 1, 2>(x));
    const auto [d, e] = tenon::chunk<2, -1>(nn::functional::tanh(a) * b);
    const auto odd = tenon::slice<nn::dim<2>, nn::start<1>, nn::step<2>>(tenon::narrow<1, 1, 2>(x));
    return tenon::select<1>(d * e, last) * tenon::select<1>(tenon::narrow<2, 3, 8>(c), 0) *
           tenon::select<-2>(tenon::narrow<0, 0, 2>(odd), 0);
  }
};
// Axes that come to lie beside each other, and those that stay so.
template <class T = float>
struct Orders : nn::Module<Orders<T>> {
  BOOST_HANA_DEFINE_STRUCT(Orders);
  auto forward(const auto& x) const {
    const auto y = tenon::permute<0, 2, 3, 1>(nn::functional::tanh(x));
    return tenon::permute<0, 3, 1, 2>(y) * tenon::transpose<2, -1>(x) + tenon::permute<3, 1, 2, 0>(x);
  }
};
template <class T = float>
struct CatAlong : nn::Module<CatAlong<T>> {
  BOOST_HANA_DEFINE_STRUCT(CatAlong);
  auto forward(const auto& x) const {
    const auto y = tenon::cat<0>(x, nn::functional::tanh(x));
    const auto z = tenon::cat<2>(tenon::cat<1>(y, y), tenon::cat<-3>(y, y));
    return tenon::cat<-1>(z, z);
  }
};
// Between convolutions, whose images are in blocks of channels.
template <class T = float>
struct Images : nn::Module<Images<T>> {
  using First = nn::Conv2d<2, 18, nn::kernel_size<1>, nn::dtype<T>>;
  using Next = nn::Conv2d<8, 3, nn::kernel_size<1>, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Images, (First, first), (Next, next));
  auto forward(const auto& x) {
    const auto [gates, values] = tenon::split<nn::sizes<8, 10>, nn::dim<1>>(first(x));
    return next(nn::functional::sigmoid(gates) * tenon::transpose<2, 3>(tenon::narrow<1, 2, 8>(values)));
  }
};

}  // namespace views

BOOST_AUTO_TEST_SUITE(views)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(parts) { check_everywhere<::views::Parts<>, Tensor<float, 3, 5, 16>>(); }
BOOST_AUTO_TEST_CASE(orders) { check_everywhere_in_double<::views::Orders<>, Tensor<float, 3, 3, 3, 3>>(); }
BOOST_AUTO_TEST_CASE(cat_along_every_axis) { check_everywhere<::views::CatAlong<>, Tensor<float, 2, 3, 1, 5>>(); }
BOOST_AUTO_TEST_CASE(between_convolutions) { check_everywhere<::views::Images<>, Tensor<float, 1, 2, 5, 5>>(); }

BOOST_AUTO_TEST_SUITE_END()
