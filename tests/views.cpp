// Parts of a tensor, and other orders of its axes.
#include <cmath>
#include <limits>

#include "chapter.hpp"
//
#include "tables/views.hpp"

using namespace tenon_test;

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

// ---- compiled nets

// A part that is contiguous is a place in memory; one that starts at an address that is not aligned is copied.
struct Rows : nn::Module<Rows> {
  BOOST_HANA_DEFINE_STRUCT(Rows);
  auto forward(const auto& v) const {
    const auto [a, b] = tenon::chunk<2, 1>(v);
    return nn::functional::relu(a) * nn::functional::relu(b);
  }
};
struct Columns : nn::Module<Columns> {
  BOOST_HANA_DEFINE_STRUCT(Columns);
  auto forward(const auto& v) const { return nn::functional::relu(tenon::narrow<1, 1, 2>(v)); }
};
template <class Model, class X>
std::vector<std::string> kernels_of() {
  Model model;
  auto net = tenon::compile<X>(model);
  std::vector<std::string> names;
  for (const auto& stage : net.plan().stages) names.emplace_back(stage.kernel);
  return names;
}
BOOST_AUTO_TEST_CASE(contiguous_parts_cost_nothing) {
  using names = std::vector<std::string>;
  BOOST_TEST((kernels_of<Rows, Tensor<float, 1, 8, 16>>()) == (names{"map", "map", "elementwise"}));
  BOOST_TEST((kernels_of<Rows, Tensor<float, 1, 2, 5>>()) == (names{"map", "map", "map", "elementwise"}));
  BOOST_TEST((kernels_of<Columns, Tensor<float, 2, 3, 1>>()) == (names{"strided copy", "map"}));
}

struct Late : nn::Module<Late> {
  BOOST_HANA_DEFINE_STRUCT(Late);
  int position = 0;
  auto forward(const auto& v) const { return tenon::select<2>(v, position); }
};
BOOST_AUTO_TEST_CASE(a_position_is_known_when_the_net_is_built) {
  Late late;
  late.position = -1;
  auto net = tenon::compile<Tensor<float, 2, 3, 4>>(late);
  CHECK_ELEMENTS(net(x), 3, 7, 11, 15, 19, 23);
  late.position = 4;
  check_error([&] { (void)tenon::compile<Tensor<float, 2, 3, 4>>(late); },
              "select<2>(x, 4): axis 2 of x has 4 elements");
}

struct Indices : nn::Module<Indices> {
  using Table = nn::Embedding<5, 3>;
  BOOST_HANA_DEFINE_STRUCT(Indices, (Table, table));
  auto forward(const auto& i) { return table(tenon::transpose<0, 1>(tenon::narrow<1, 1, 2>(i))); }
};
BOOST_AUTO_TEST_CASE(integers) {
  Indices model;
  const auto i = Tensor<std::int64_t, 2, 3>::from({0, 1, 2, 3, 4, 0});
  auto net = tenon::compile<Tensor<std::int64_t, 2, 3>>(model);
  BOOST_TEST(numbers(net(i)) == numbers(model(i)), boost::test_tools::per_element());
  BOOST_TEST(numbers(model(i)) == numbers(model.table(Tensor<std::int64_t, 2, 2>::from({1, 4, 2, 0}))),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_stay_where_they_are) {
  Tensor<float, 5, 9> v;
  v(1, 2) = std::numeric_limits<float>::quiet_NaN();
  v(4, 8) = -std::numeric_limits<float>::infinity();
  const auto transposed = tenon::transpose<0, 1>(v);
  BOOST_TEST(std::isnan(transposed(2, 1)));
  BOOST_TEST(transposed(8, 4) == -std::numeric_limits<float>::infinity());
  BOOST_TEST(std::count(transposed.begin(), transposed.end(), 0.f) == 43);
  BOOST_TEST(std::isnan(tenon::narrow<1, 2, 1>(v)(1, 0)));
}

// ---- shapes

template <class Operation, class... S>
using output = decltype(Operation::output_shape(S{}...));
namespace operation = tenon::operation;
using tenon::Shape;

static_assert(std::is_same_v<output<operation::Narrow<1, 2, 3>, Shape<4, 5>>, Shape<4, 3>>);
static_assert(tenon::is_rejection<output<operation::Narrow<1, 2, 4>, Shape<4, 5>>>);
static_assert(tenon::is_rejection<output<operation::Narrow<2, 0, 1>, Shape<4, 5>>>);
static_assert(std::is_same_v<output<operation::SelectAlong<0>, Shape<4>>, Shape<>>);
static_assert(tenon::is_rejection<output<operation::SelectAlong<1>, Shape<4>>>);
static_assert(std::is_same_v<output<operation::Permute<2, 0, 1>, Shape<4, 5, 6>>, Shape<6, 4, 5>>);
static_assert(tenon::is_rejection<output<operation::Permute<1, 0>, Shape<4, 5, 6>>>);
static_assert(tenon::is_rejection<output<operation::Permute<>, Shape<4>>>);
// Ends that do not fall on a step.
static_assert(std::is_same_v<output<operation::Slice<0, 1, 3, 2>, Shape<6>>, Shape<3>>);
static_assert(tenon::is_rejection<output<operation::Slice<0, 1, 3, 2>, Shape<5>>>);

// An axis of one element, and axes that one stride steps through, are none of their own.
template <class Operation, class S>
inline constexpr auto joined = operation::joined_view<Operation, S>.shape();
static_assert(joined<operation::Permute<0, 2, 3, 1>, Shape<2, 3, 5, 7>> == std::array<index_t, 3>{2, 35, 3});
static_assert(joined<operation::Permute<0, 2, 3, 1>, Shape<1, 3, 5, 7>> == std::array<index_t, 2>{35, 3});
static_assert(joined<operation::Narrow<1, 1, 2>, Shape<2, 3, 5, 7>> == std::array<index_t, 2>{2, 70});
static_assert(joined<operation::Narrow<1, 1, 2>, Shape<1, 3, 5, 7>> == std::array<index_t, 1>{70});
static_assert(joined<operation::SelectAlong<2>, Shape<2, 3, 5>> == std::array<index_t, 1>{6});

}  // namespace
