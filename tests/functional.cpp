// The functions of a `forward`: on tensors, recorded, and in compiled modules.
#include <bit>
#include <limits>

#include "chapter.hpp"
#include "forwards.hpp"

using namespace tenon_test;
using namespace forwards;
using namespace tenon::literals;

namespace {

using list = std::vector<double>;
#define CHECK_ELEMENTS(tensor, ...) BOOST_TEST(numbers(tensor) == (list{__VA_ARGS__}), boost::test_tools::per_element())

template <class T>
T counting() {
  T tensor;
  for (std::size_t i = 0; i < T::size(); ++i) tensor.data()[i] = static_cast<typename T::value_type>(i);
  return tensor;
}
const auto a = counting<Tensor<float, 2, 3>>();

std::string error_of(auto&& action) {
  try {
    action();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// ---- gradients, and the compiled net

BOOST_AUTO_TEST_CASE(forwards_of_functions) {
  check<Arithmetic<>, Tensor<float, 3, 5>>();
  check<Products<>, Tensor<float, 3, 5>>();
  check<Products<>, Tensor<float, 1, 5>>();
  check<AlignedParts<>, Tensor<float, 3, 16>>();
  check<OddParts<>, Tensor<float, 3, 5>>();
  check<Channels<>, Tensor<float, 2, 3, 4>>();
  check<Channels<>, Tensor<float, 1, 3, 16>>();
}

// ---- values

BOOST_AUTO_TEST_CASE(arithmetic) {
  const nn::Variable x{a, nn::requires_grad};
  const nn::Parameter<Tensor<float, 2, 3>> p{a * a};
  CHECK_ELEMENTS((x + p).data(), 0, 2, 6, 12, 20, 30);
  CHECK_ELEMENTS((p - x).data(), 0, 0, 2, 6, 12, 20);
  CHECK_ELEMENTS((x * p).data(), 0, 1, 8, 27, 64, 125);
  CHECK_ELEMENTS((-x).data(), 0, -1, -2, -3, -4, -5);
  CHECK_ELEMENTS((2 * x + 1).data(), 1, 3, 5, 7, 9, 11);
  CHECK_ELEMENTS((10L - x * 0.5).data(), 10, 9.5, 9, 8.5, 8, 7.5);
  CHECK_ELEMENTS((1.f + x - 3u).data(), -2, -1, 0, 1, 2, 3);
  // With plain tensors and lazy expressions of them, on either side.
  CHECK_ELEMENTS((a - x).data(), 0, 0, 0, 0, 0, 0);
  CHECK_ELEMENTS((x * (a + a)).data(), 0, 2, 8, 18, 32, 50);
  CHECK_ELEMENTS(((a + a) - p).data(), 0, 1, 0, -3, -8, -15);
  // Between tensors they are xtensor's: lazy, with broadcasting.
  const Tensor<float, 3> row = counting<Tensor<float, 3>>();
  CHECK_ELEMENTS((Tensor<float, 2, 3>(a - row)), 0, 0, 0, 3, 3, 3);
}

// Signs of zero, infinities and NaN, bit by bit as one element's arithmetic has them.
struct Edges : nn::Module<Edges> {
  BOOST_HANA_DEFINE_STRUCT(Edges);
  auto forward(const auto& x) { return cat<0>(-x, x + 0, x - 0, 0 - x, x * -1, 0 * x, x * 2); }
};
BOOST_AUTO_TEST_CASE(special_numbers) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float largest = std::numeric_limits<float>::max(), smallest = std::numeric_limits<float>::denorm_min();
  const std::array<float, 7> numbers{0.f, -0.f, infinity, -infinity, 0.1f, largest, smallest};
  std::vector<float> wanted;
  for (const float x : numbers) wanted.push_back(-x);
  for (const float x : numbers) wanted.push_back(x + 0.f);
  for (const float x : numbers) wanted.push_back(x - 0.f);
  for (const float x : numbers) wanted.push_back(0.f - x);
  for (const float x : numbers) wanted.push_back(x * -1.f);
  for (const float x : numbers) wanted.push_back(0.f * x);
  for (const float x : numbers) wanted.push_back(x * 2.f);
  const auto x = Tensor<float, 7>::from(numbers);
  const auto same = [](float left, float right) {
    return std::isnan(left) ? std::isnan(right)
                            : std::bit_cast<std::uint32_t>(left) == std::bit_cast<std::uint32_t>(right);
  };
  Edges edges;
  auto net = tenon::compile<Tensor<float, 7>>(edges);
  for (const auto& y : {edges(x), Tensor<float, 49>(net(x))})
    for (std::size_t i = 0; i < wanted.size(); ++i)
      BOOST_TEST(same(wanted[i], y.data()[i]), "[" << i << "]: " << y.data()[i] << ", wanted " << wanted[i]);
  Tensor<float, 3> nan;
  nan.fill(std::numeric_limits<float>::quiet_NaN());
  const nn::Variable v{nan};
  for (const auto& y : {v + 1, 2 * v, v - v, v * v, -v, cat<0>(v)})
    for (const float element : y.data()) BOOST_TEST(std::isnan(element));
}

BOOST_AUTO_TEST_CASE(matrix_product) {
  const auto b = counting<Tensor<float, 3, 2>>();
  static_assert(std::is_same_v<decltype(mm(a, b)), Tensor<float, 2, 2>>);
  CHECK_ELEMENTS(mm(a, b), 10, 13, 28, 40);
  CHECK_ELEMENTS(mm(b, nn::Variable{a}).data(), 3, 4, 5, 9, 14, 19, 15, 24, 33);
  const nn::Variable x{counting<Tensor<double, 2, 2>>(), nn::requires_grad};
  mm(x, x).backward(Tensor<double, 2, 2>::from(list{1, 0, 0, 0}));  // of 0*0 + 1*2
  CHECK_ELEMENTS(x.grad(), 0, 2, 1, 0);
}

BOOST_AUTO_TEST_CASE(one_behind_the_other) {
  CHECK_ELEMENTS(cat<0>(a, a), 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5);
  const Tensor<float, 2, 1> column = Tensor<float, 2, 1>::from(list{7, 8});
  static_assert(std::is_same_v<decltype(cat<1>(a, column, a)), Tensor<float, 2, 7>>);
  CHECK_ELEMENTS(cat<1>(a, column, a), 0, 1, 2, 7, 0, 1, 2, 3, 4, 5, 8, 3, 4, 5);
  CHECK_ELEMENTS((cat<-1>(a, nn::Variable{column})).data(), 0, 1, 2, 7, 3, 4, 5, 8);
  CHECK_ELEMENTS(cat<1>(a), 0, 1, 2, 3, 4, 5);
  CHECK_ELEMENTS(cat<0>(a + a, a * 0.f), 0, 2, 4, 6, 8, 10, 0, 0, 0, 0, 0, 0);
  const nn::Variable x{a, nn::requires_grad};
  cat<1>(x, 3 * x).backward(counting<Tensor<float, 2, 6>>());
  CHECK_ELEMENTS(x.grad(), 9, 13, 17, 33, 37, 41);
}

BOOST_AUTO_TEST_CASE(elements_of_the_leading_axis) {
  static_assert(std::is_same_v<decltype(a[1]), const Tensor<float, 3>>);
  CHECK_ELEMENTS(a[1], 3, 4, 5);
  CHECK_ELEMENTS(a[-2], 0, 1, 2);
  CHECK_ELEMENTS(a[1_c], 3, 4, 5);
  CHECK_ELEMENTS(a[-1_c], 3, 4, 5);
  CHECK_ELEMENTS(a[std::size_t{0}], 0, 1, 2);
  const nn::Variable x{a, nn::requires_grad};
  const auto last = x[-1][2];
  static_assert(std::is_same_v<decltype(last), const nn::Variable<Tensor<float>>>);
  BOOST_TEST(last.item() == 5);
  (last * last + x[0][1_c]).backward();
  CHECK_ELEMENTS(x.grad(), 0, 1, 0, 0, 0, 10);
  // A tensor of one axis has elements, which can be written to.
  Tensor<std::int64_t, 3> labels;
  labels[1] = 4;
  labels[-1] += 2;
  CHECK_ELEMENTS(labels, 0, 4, 2);
  BOOST_TEST(error_of([&] { (void)x[2]; }) == "x[2]: the leading axis of x has 2 elements");
  BOOST_TEST(error_of([&] { (void)a[-3]; }) == "x[-3]: the leading axis of x has 2 elements");
}

struct Late : nn::Module<Late> {
  BOOST_HANA_DEFINE_STRUCT(Late);
  int position = 0;
  auto forward(const auto& x) { return x[position]; }
};
BOOST_AUTO_TEST_CASE(a_position_is_known_when_the_net_is_built) {
  Late late;
  late.position = -1;
  auto net = tenon::compile<Tensor<float, 2, 3>>(late);
  CHECK_ELEMENTS(net(a), 3, 4, 5);
  late.position = 2;
  BOOST_TEST(error_of([&] { (void)tenon::compile<Tensor<float, 2, 3>>(late); }) ==
             "x[2]: the leading axis of x has 2 elements");
}

// ---- what is recorded

BOOST_AUTO_TEST_CASE(parameters_are_operands) {
  nn::Parameter<Tensor<float, 2, 3>> p{a}, q{a};
  const auto y = p * q - p;
  y.backward(Tensor<float, 2, 3>::from(list(6, 1)));
  CHECK_ELEMENTS(y.data(), 0, 0, 2, 6, 12, 20);
  CHECK_ELEMENTS(p.grad(), -1, 0, 1, 2, 3, 4);
  CHECK_ELEMENTS(q.grad(), 0, 1, 2, 3, 4, 5);
  p.requires_grad(false);
  q.zero_grad();
  cat<0>(mm(p, Tensor<float, 3, 1>::from(list{1, 1, 1})), mm(q, nn::Variable{Tensor<float, 3, 1>::from(list{1, 0, 2})}))
      .backward(Tensor<float, 4, 1>::from(list{1, 1, 1, 10}));
  CHECK_ELEMENTS(p.grad(), -1, 0, 1, 2, 3, 4);
  CHECK_ELEMENTS(q.grad(), 1, 0, 2, 10, 0, 20);
  // Also of a function of one operand, and of a layer.
  q.zero_grad();
  nn::Tanh tanh;
  (nn::functional::relu(q) * tanh(reshape<2, 3>(q))).backward(a * 0.f + 1);
  BOOST_TEST(q.grad()(1, 2) == std::tanh(5.f) + 5 * (1 - std::tanh(5.f) * std::tanh(5.f)),
             boost::test_tools::tolerance(1e-5f));
}

// The kinds of constants of a compiled net: a parameter, what is computed from parameters, a tensor, an expression.
// They are a snapshot.
struct Constants : nn::Module<Constants> {
  BOOST_HANA_DEFINE_STRUCT(Constants, (nn::Parameter<Tensor<float, 2, 3>>, p));
  auto forward(const auto& x) {
    const Tensor<float, 2, 3> local = a + 1;
    return ((p * p - x) * local + (local + local)) - p;
  }
};
BOOST_AUTO_TEST_CASE(constants_of_a_net_are_a_snapshot) {
  Constants model;
  model.p.data() = a;
  const auto wanted = numbers(model(a));
  auto net = tenon::compile<Tensor<float, 2, 3>>(model);
  model.p.data().fill(9);
  BOOST_TEST(numbers(net(a)) == wanted, boost::test_tools::per_element());
  auto copy = net;
  BOOST_TEST(numbers(copy(a)) == wanted, boost::test_tools::per_element());
  std::vector<std::byte> storage(net.weight_bytes + net.workspace_bytes + 128);
  std::byte* start = storage.data() + (64 - reinterpret_cast<std::uintptr_t>(storage.data()) % 64) % 64;
  model.p.data() = a;
  const std::span weights(start, net.weight_bytes), workspace(start + net.weight_bytes, net.workspace_bytes);
  auto placed = tenon::compile<Tensor<float, 2, 3>>(model, weights, workspace);
  BOOST_TEST(numbers(placed(a)) == wanted, boost::test_tools::per_element());
}

// ---- shapes

template <class Operation, class... S>
using output = decltype(Operation::output_shape(S{}...));
namespace operation = tenon::operation;
using tenon::Shape;

static_assert(std::is_same_v<output<operation::MatrixProduct, Shape<2, 3>, Shape<3, 7>>, Shape<2, 7>>);
static_assert(tenon::is_rejection<output<operation::MatrixProduct, Shape<2, 3>, Shape<2, 3>>>);
static_assert(tenon::is_rejection<output<operation::MatrixProduct, Shape<3>, Shape<3, 2>>>);
static_assert(tenon::is_rejection<output<operation::MatrixProduct, Shape<2, 3>, Shape<3>>>);
static_assert(std::is_same_v<output<operation::Cat<-3>, Shape<1, 2, 3>, Shape<4, 2, 3>>, Shape<5, 2, 3>>);
static_assert(std::is_same_v<output<operation::Cat<2>, Shape<1, 2, 3>>, Shape<1, 2, 3>>);
static_assert(tenon::is_rejection<output<operation::Cat<0>, Shape<1, 2>, Shape<1, 3>>>);
static_assert(tenon::is_rejection<output<operation::Cat<1>, Shape<1, 2>, Shape<1, 3, 1>>>);
static_assert(tenon::is_rejection<output<operation::Cat<2>, Shape<1, 2>>>);
static_assert(tenon::is_rejection<output<operation::Cat<0>, Shape<>>>);
static_assert(std::is_same_v<output<operation::Select, Shape<4>>, Shape<>>);
static_assert(tenon::is_rejection<output<operation::Select, Shape<>>>);
static_assert(tenon::is_rejection<output<operation::Mul, Shape<4>, Shape<4, 1>>>);

}  // namespace
