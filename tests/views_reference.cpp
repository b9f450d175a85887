// Parts of a tensor and other orders of its axes: what PyTorch gives.
#include "chapter.hpp"

using namespace tenon_test;
using namespace tenon::literals;

namespace {

using list = std::vector<double>;
#define CHECK_ELEMENTS(tensor, ...) BOOST_TEST(numbers(tensor) == (list{__VA_ARGS__}), boost::test_tools::per_element())

template <class T>
T counting(int first = 0) {
  T tensor;
  for (std::size_t i = 0; i < T::size(); ++i) tensor.data()[i] = static_cast<typename T::value_type>(first + int(i));
  return tensor;
}
const auto x = counting<Tensor<float, 2, 3, 4>>();
template <class X>
inline constexpr auto extents = tenon::shape_of_t<X>::dims;

// ---- values, which are PyTorch's of torch.arange(24.).reshape(2, 3, 4)

BOOST_AUTO_TEST_CASE(narrow) {
  static_assert(std::is_same_v<decltype(tenon::narrow<1, 1, 2>(x)), Tensor<float, 2, 2, 4>>);
  CHECK_ELEMENTS((tenon::narrow<1, 1, 2>(x)), 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23);
  CHECK_ELEMENTS((tenon::narrow<-1, -3, 2>(x)), 1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22);
  CHECK_ELEMENTS((tenon::narrow<0, 1, 1>(x)), 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
  CHECK_ELEMENTS((tenon::narrow<0, 1, 1>(Tensor<std::int64_t, 2>::from({3, 4}))), 4);
  CHECK_ELEMENTS((tenon::narrow<2, 1, 1>(x + 1.f)), 2, 6, 10, 14, 18, 22);  // of an expression
}
BOOST_AUTO_TEST_CASE(select) {
  static_assert(std::is_same_v<decltype(tenon::select<1>(x, 2)), Tensor<float, 2, 4>>);
  CHECK_ELEMENTS(tenon::select<1>(x, 2), 8, 9, 10, 11, 20, 21, 22, 23);
  CHECK_ELEMENTS(tenon::select<-1>(x, -4), 0, 4, 8, 12, 16, 20);
  CHECK_ELEMENTS(tenon::select<-3>(x, 1_c), 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
  CHECK_ELEMENTS(tenon::select<0>(Tensor<bool, 2>::from({false, true}), std::size_t{1}), 1);
  check_error([] { (void)tenon::select<1>(x, 3); }, "select<1>(x, 3): axis 1 of x has 3 elements");
  check_error([] { (void)tenon::select<-1>(nn::Variable{x}, -5); }, "select<2>(x, -5): axis 2 of x has 4 elements");
}
BOOST_AUTO_TEST_CASE(slice) {
  CHECK_ELEMENTS((tenon::slice<nn::dim<2>, nn::start<1>, nn::end<4>, nn::step<2>>(x)), 1, 3, 5, 7, 9, 11, 13, 15, 17,
                 19, 21, 23);
  CHECK_ELEMENTS((tenon::slice<nn::start<-2>, nn::dim<-2>>(x)), 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22,
                 23);
  CHECK_ELEMENTS((tenon::slice<nn::dim<2>, nn::start<-100>, nn::end<100>, nn::step<3>>(x)), 0, 3, 4, 7, 8, 11, 12, 15,
                 16, 19, 20, 23);
  CHECK_ELEMENTS((tenon::slice<nn::dim<2>, nn::end<-1>>(x)), 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21,
                 22);
  CHECK_ELEMENTS(tenon::slice<>(x), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                 23);
}
BOOST_AUTO_TEST_CASE(chunk) {
  const auto [a, b] = tenon::chunk<3, 2>(x);  // two of three
  CHECK_ELEMENTS(a, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21);
  CHECK_ELEMENTS(b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23);
  // The lengths of torch.arange(7).chunk(n).
  using Seven = Tensor<float, 7>;
  const auto lengths = []<class... Part>(const std::tuple<Part...>&) { return std::vector{extents<Part>[0]...}; };
  using wanted = std::vector<index_t>;
  BOOST_TEST(lengths(tenon::chunk<1>(Seven{})) == wanted{7});
  BOOST_TEST(lengths(tenon::chunk<2>(Seven{})) == (wanted{4, 3}));
  BOOST_TEST(lengths(tenon::chunk<3>(Seven{})) == (wanted{3, 3, 1}));
  BOOST_TEST(lengths(tenon::chunk<5>(Seven{})) == (wanted{2, 2, 2, 1}));
  BOOST_TEST(lengths(tenon::chunk<9, -1>(Seven{})) == (wanted{1, 1, 1, 1, 1, 1, 1}));
  // And of torch.arange(7).split(n).
  BOOST_TEST(lengths(tenon::split<nn::sizes<1>>(Seven{})) == (wanted{1, 1, 1, 1, 1, 1, 1}));
  BOOST_TEST(lengths(tenon::split<nn::sizes<5>>(Seven{})) == (wanted{5, 2}));
  BOOST_TEST(lengths(tenon::split<nn::sizes<7>>(Seven{})) == wanted{7});
  BOOST_TEST(lengths(tenon::split<nn::sizes<9>>(Seven{})) == wanted{7});
}
BOOST_AUTO_TEST_CASE(split) {
  const auto [a, b] = tenon::split<nn::sizes<1, 3>, nn::dim<2>>(x);
  CHECK_ELEMENTS(a, 0, 4, 8, 12, 16, 20);
  CHECK_ELEMENTS(b, 1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23);
  const auto [c, d] = tenon::split<nn::dim<-2>, nn::sizes<2>>(x);
  CHECK_ELEMENTS(c, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19);
  CHECK_ELEMENTS(d, 8, 9, 10, 11, 20, 21, 22, 23);
}
BOOST_AUTO_TEST_CASE(permute) {
  static_assert(std::is_same_v<decltype(tenon::permute<2, 0, 1>(x)), Tensor<float, 4, 2, 3>>);
  CHECK_ELEMENTS((tenon::transpose<1, 2>(x)), 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22,
                 15, 19, 23);
  CHECK_ELEMENTS((tenon::transpose<0, -1>(x)), 0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7,
                 19, 11, 23);
  CHECK_ELEMENTS((tenon::permute<2, 0, 1>(x)), 0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11,
                 15, 19, 23);
  CHECK_ELEMENTS((tenon::permute<-1, 1, 0>(x)), 0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15,
                 7, 19, 11, 23);
  CHECK_ELEMENTS(tenon::permute<>(Tensor<float>(5)), 5);
}

// ---- gradients, PyTorch's of backward(torch.arange(1., ...)) in double

template <class... F>
list gradient(const F&... functions) {
  const nn::Variable v{counting<Tensor<double, 2, 3, 4>>(), nn::requires_grad};
  const auto backward = [](const auto& y) { y.backward(counting<std::remove_cvref_t<decltype(y.data())>>(1)); };
  (backward(functions(v)), ...);
  return numbers(v.grad());
}
#define CHECK_GRADIENT(wanted, ...) BOOST_TEST(gradient(__VA_ARGS__) == wanted, boost::test_tools::per_element())

BOOST_AUTO_TEST_CASE(gradients) {
  CHECK_GRADIENT((list{1, 2, 3, 4, 6, 8, 10, 12, 5, 6, 7, 8, 9, 10, 11, 12, 22, 24, 26, 28, 13, 14, 15, 16}),
                 [](const auto& v) { return tenon::narrow<1, 1, 2>(v); },
                 [](const auto& v) { return tenon::narrow<1, 0, 2>(v); });
  CHECK_GRADIENT((list{0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0}),
                 [](const auto& v) { return tenon::select<2>(v, 1); });
  CHECK_GRADIENT((list{1, 0, 0, 2, 3, 0, 0, 4, 5, 0, 0, 6, 7, 0, 0, 8, 9, 0, 0, 10, 11, 0, 0, 12}),
                 [](const auto& v) { return tenon::slice<nn::dim<2>, nn::step<3>>(v); });
  CHECK_GRADIENT((list{1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23, 6, 12, 18, 24}),
                 [](const auto& v) { return tenon::permute<2, 0, 1>(v); });
  const auto transposed = [](const auto& v) { return tenon::transpose<1, 2>(v); };
  CHECK_GRADIENT((list{2, 8, 14, 20, 4, 10, 16, 22, 6, 12, 18, 24, 26, 32, 38, 44, 28, 34, 40, 46, 30, 36, 42, 48}),
                 transposed, transposed);
}
BOOST_AUTO_TEST_CASE(of_parameters_and_buffers) {
  nn::Parameter<Tensor<float, 2, 3>> p{counting<Tensor<float, 2, 3>>()};
  const nn::Buffer<Tensor<float, 2, 3>> b{p.data()};
  const auto [left, right] = tenon::split<nn::sizes<1, 2>, nn::dim<1>>(p);
  right.backward(Tensor<float, 2, 2>::from({1, 2, 3, 4}));
  CHECK_ELEMENTS(left.data(), 0, 3);
  CHECK_ELEMENTS(p.grad(), 0, 1, 2, 0, 3, 4);
  CHECK_ELEMENTS((tenon::transpose<0, 1>(b)), 0, 3, 1, 4, 2, 5);
}

// ---- every order of three axes, by loops

template <int... Axes>
struct Order {};
template <int A, int B, int C, class X>
void check_order(Order<A, B, C>, const X& in, const auto& out) {
  const auto dims = extents<X>;
  bool right = out.size() == in.size();
  for (index_t i = 0; i < dims[0]; ++i)
    for (index_t j = 0; j < dims[1]; ++j)
      for (index_t k = 0; k < dims[2]; ++k) {
        const std::array at{i, j, k};
        right = right && std::abs(out(at[A], at[B], at[C]) - in(i, j, k)) <= 0;
      }
  BOOST_TEST(right, "permute<" << A << ", " << B << ", " << C << ">");
}
struct EveryOrder : nn::Module<EveryOrder> {
  BOOST_HANA_DEFINE_STRUCT(EveryOrder);
  auto forward(const auto& v) const {
    return std::tuple{tenon::permute<0, 1, 2>(v), tenon::permute<0, 2, 1>(v), tenon::permute<1, 0, 2>(v),
                      tenon::permute<1, 2, 0>(v), tenon::permute<2, 0, 1>(v), tenon::permute<2, 1, 0>(v)};
  }
};
template <class X>
void check_orders() {
  const X in = counting<X>();
  EveryOrder orders;
  auto net = tenon::compile<X>(orders);
  const auto check = [&](const auto& results) {
    check_order(Order<0, 1, 2>{}, in, std::get<0>(results));
    check_order(Order<0, 2, 1>{}, in, std::get<1>(results));
    check_order(Order<1, 0, 2>{}, in, std::get<2>(results));
    check_order(Order<1, 2, 0>{}, in, std::get<3>(results));
    check_order(Order<2, 0, 1>{}, in, std::get<4>(results));
    check_order(Order<2, 1, 0>{}, in, std::get<5>(results));
  };
  check(orders(in));
  check(net(in));
}
BOOST_AUTO_TEST_CASE(every_order) {
  check_orders<Tensor<float, 3, 19, 37>>();
  check_orders<Tensor<double, 1, 8, 9>>();
}

}  // namespace
