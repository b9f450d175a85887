// The functions of a `forward`: on tensors, recorded, and in compiled modules.
#include <bit>
#include <limits>

#include "chapter.hpp"
#include "tables/functional.hpp"

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

// Division is rounded once: not the product with a reciprocal.
struct Quotients : nn::Module<Quotients> {
  BOOST_HANA_DEFINE_STRUCT(Quotients, (nn::Parameter<Tensor<float, 33>>, p));
  auto forward(const auto& x) { return cat<0>(x / 3, x / 0.1f, 3.0 / x, x / p, p / x, nn::functional::relu(x / -7u)); }
};
BOOST_AUTO_TEST_CASE(quotients_are_those_of_single_elements) {
  Quotients model;
  for (int i = 0; i < 33; ++i) model.p.data()[i] = static_cast<float>(i % 2 ? 11 + i : -3 * i) / 7.f;
  Tensor<float, 33> x;
  for (int i = 0; i < 33; ++i) x[i] = static_cast<float>(i - 16) / 3.f;  // 0 among them, and an odd size
  std::vector<double> wanted;
  const auto add = [&](auto f) {
    for (int i = 0; i < 33; ++i) wanted.push_back(static_cast<double>(f(x[i], model.p.data()[i])));
  };
  add([](float a, float) { return a / 3.f; });
  add([](float a, float) { return a / 0.1f; });
  add([](float a, float) { return 3.f / a; });
  add([](float a, float b) { return a / b; });
  add([](float a, float b) { return b / a; });
  add([](float a, float) { return std::max(0.f, a / 4294967289.f); });  // -7u
  auto net = tenon::compile<Tensor<float, 33>>(model);
  for (const auto& y : {model(x), Tensor<float, 198>(net(x)), model(nn::Variable{x}).data()})
    BOOST_TEST(numbers(y) == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gradients_of_quotients) {
  // 0.5 * a / b: the derivatives are 0.5 / b and -0.5 * a / b^2.
  const nn::Variable u{Tensor<double, 3>::from({1, -6, 0}), nn::requires_grad};
  const nn::Variable v{Tensor<double, 3>::from({2, 4, -8}), nn::requires_grad};
  const auto half = Tensor<double, 3>::from({0.5, 0.5, 0.5});
  (u / v).backward(half);
  CHECK_ELEMENTS(u.grad(), 0.25, 0.125, -0.0625);
  CHECK_ELEMENTS(v.grad(), -0.125, 0.1875, 0);
  (u / v + u / 4 + 16 / v).backward(half);  // added to what is there
  CHECK_ELEMENTS(u.grad(), 0.625, 0.375, 0);
  CHECK_ELEMENTS(v.grad(), -2.25, -0.125, -0.125);
  const nn::Variable w{Tensor<double, 1>::from({3}), nn::requires_grad};
  (w / w).backward(Tensor<double, 1>::from({1}));
  CHECK_ELEMENTS(w.grad(), 0);
  // By a tensor, of a tensor, and by an expression.
  const auto b = Tensor<double, 3>::from({2, 4, -8});
  CHECK_ELEMENTS((u / b).data(), 0.5, -1.5, 0);
  CHECK_ELEMENTS((b / v).data(), 1, 1, 1);
  CHECK_ELEMENTS((u / (b + b)).data(), 0.25, -0.75, 0);
  CHECK_ELEMENTS(((b + b) / v).data(), 2, 2, 2);
  // Tensors alone stay xtensor's, those of integers too.
  CHECK_ELEMENTS((Tensor<double, 3>(b / b)), 1, 1, 1);
  CHECK_ELEMENTS((Tensor<std::int64_t, 2>(Tensor<std::int64_t, 2>::from({7, -7}) / 2)), 3, -3);
}

// Stages of images, whose padding lanes divide 0 by 0.
struct Images : nn::Module<Images> {
  using Conv = nn::Conv2d<3, 5, nn::kernel_size<1>>;
  using Next = nn::Conv2d<5, 3, nn::kernel_size<3>, nn::padding<1>>;
  BOOST_HANA_DEFINE_STRUCT(Images, (Conv, a), (Conv, b), (Next, next));
  auto forward(const auto& x) {
    const auto y = nn::functional::tanh(a(x)) / (b(x) * b(x) + 1);
    return next(nn::functional::relu(y / 3) + 1 / (y * y + 2) + y / (y * y + 0.5f));
  }
};
BOOST_AUTO_TEST_CASE(quotients_of_images) {
  check_compiled<Images, Tensor<float, 2, 3, 4, 5>>({});
}

// A Linear reads the padding lanes of a flattened image, with weights of zero.
struct FlattenedImages : nn::Module<FlattenedImages> {
  using Conv = nn::Conv2d<3, 5, nn::kernel_size<1>>;
  BOOST_HANA_DEFINE_STRUCT(FlattenedImages, (Conv, a), (Conv, b), (nn::Flatten<>, flatten), (nn::Linear<100, 3>, fc));
  auto forward(const auto& x) const {
    const auto y = b(x) * b(x) + 1;
    return fc(flatten(a(x) / y)) + fc(flatten(1 / y)) + fc(flatten(a(x) / 4)) + fc(2 / (flatten(y) + 1)) +
           fc(flatten(a(x)) / flatten(y));
  }
};
BOOST_AUTO_TEST_CASE(quotients_of_flattened_images) {
  check_compiled<FlattenedImages, Tensor<float, 2, 3, 4, 5>>({});
}

struct Standardize : nn::Module<Standardize> {
  using Row = nn::Buffer<Tensor<float, 2, 3>>;
  BOOST_HANA_DEFINE_STRUCT(Standardize, (Row, mean), (Row, deviation));
  auto forward(const auto& x) const { return (x - mean) / deviation; }
};
BOOST_AUTO_TEST_CASE(buffers_are_operands) {
  Standardize model;
  model.mean.data().fill(1);
  model.deviation.data().fill(4);
  const list wanted{-0.25, 0, 0.25, 0.5, 0.75, 1};
  BOOST_TEST(numbers(model(a)) == wanted, boost::test_tools::per_element());
  BOOST_TEST(numbers(model(nn::Variable{a}).data()) == wanted, boost::test_tools::per_element());
  auto net = tenon::compile<Tensor<float, 2, 3>>(model);
  BOOST_TEST(numbers(net(a)) == wanted, boost::test_tools::per_element());
  CHECK_ELEMENTS(mm(model.mean, Tensor<float, 3, 1>::from({1, 2, 3})), 6, 6);
  CHECK_ELEMENTS((model.deviation * model.mean), 4, 4, 4, 4, 4, 4);
  BOOST_TEST((tenon::summary<Tensor<float, 2, 3>>(model).rows.size()) == 2u);
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
static_assert(tenon::is_rejection<output<operation::Div, Shape<4>, Shape<1, 4>>>);

}  // namespace
