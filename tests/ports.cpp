// Compiled nets of several inputs and results, stages of several outputs, and state that survives calls.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>

#include "difference.hpp"

namespace {

namespace nn = tenon::nn;
using tenon::Tensor;
using tenon_test::difference;
using tenon_test::random_input;
constexpr double tolerance = 1e-5;

// ---- several inputs and results

using Board = Tensor<float, 1, 3, 6, 5>;
using Clock = Tensor<float, 1, 4>;

struct PolicyAndValue : nn::Module<PolicyAndValue> {
  using Conv = nn::Conv2d<3, 17, nn::kernel_size<3>, nn::padding<1>>;
  BOOST_HANA_DEFINE_STRUCT(PolicyAndValue, (Conv, conv), (nn::Linear<510, 7>, board), (nn::Linear<4, 7>, clock),
                           (nn::Linear<7, 1>, value));
  auto forward(const auto& position, const auto& time) const {
    auto features = nn::functional::relu(conv(position));
    auto both = board(tenon::reshape<1, 510>(features)) + clock(time);
    auto policy = nn::functional::softmax<1>(both);
    return std::tuple{policy, nn::functional::tanh(value(both))};
  }
};

BOOST_AUTO_TEST_CASE(two_inputs_and_two_results) {
  PolicyAndValue model;
  model.eval();
  const Board board = random_input<Board>();
  const Clock clock = random_input<Clock>();
  const auto [policy, value] = model(board, clock);
  auto net = tenon::compile<Board, Clock>(model);
  static_assert(std::is_same_v<decltype(net), tenon::net_t<PolicyAndValue, Board, Clock>>);
  static_assert(std::is_same_v<decltype(net)::Output, std::tuple<Tensor<float, 1, 7>, Tensor<float, 1, 1>>>);
  const auto& [net_policy, net_value] = net(board, clock);
  BOOST_TEST(difference(net_policy, policy) < tolerance);
  BOOST_TEST(difference(net_value, value) < tolerance);
  Tensor<float, 1, 7> y;
  Tensor<float, 1, 1> z;
  net(board, clock, y, z);
  BOOST_TEST(difference(y, policy) < tolerance);
  BOOST_TEST(difference(z, value) < tolerance);
  const auto& checked = net.check(board, clock);
  BOOST_TEST(difference(std::get<0>(checked), policy) < tolerance);
  BOOST_TEST((tenon::summary<Board, Clock>(model).rows.size()) == 9u);
}

// A net whose results go on as its inputs, as the states of a recurrent layer do.
using State = Tensor<float, 2, 16>;
struct Recurrence : nn::Module<Recurrence> {
  BOOST_HANA_DEFINE_STRUCT(Recurrence, (nn::Linear<16, 16>, a), (nn::Linear<16, 16>, b), (nn::Linear<16, 16>, c));
  auto forward(const auto& x, const auto& h, const auto& s) const {
    auto next = nn::functional::tanh(a(x) + b(h));
    auto memory = nn::functional::sigmoid(c(next)) * s;
    return std::tuple{next + memory, next, memory};
  }
};
BOOST_AUTO_TEST_CASE(results_are_inputs_of_the_next_call) {
  Recurrence model;
  model.eval();
  const State x = random_input<State>(), h0 = random_input<State>(), s0 = random_input<State>();
  auto net = tenon::compile<State, State, State>(model);
  State h = h0, s = s0, y, wanted_h = h0, wanted_s = s0;
  auto keeping = net;
  const auto* last = &keeping(x, h0, s0);
  for (int step = 0; step < 4; ++step) {
    State wanted;
    std::tie(wanted, wanted_h, wanted_s) = model(x, wanted_h, wanted_s);
    net(x, h, s, y, h, s);  // written over the inputs
    BOOST_TEST(difference(y, wanted) < tolerance, "step " << step);
    BOOST_TEST(difference(h, wanted_h) < tolerance, "step " << step);
    BOOST_TEST(difference(s, wanted_s) < tolerance, "step " << step);
    BOOST_TEST(difference(std::get<0>(*last), wanted) < tolerance, "step " << step);
    last = &keeping(x, std::get<1>(*last), std::get<2>(*last));  // read where they lie
  }
  // Crosswise: each input is where another result goes.
  State p = h0, q = s0;
  const auto [wanted, next_h, next_s] = model(x, h0, s0);
  net(x, p, q, y, q, p);
  BOOST_TEST(difference(q, next_h) < tolerance);
  BOOST_TEST(difference(p, next_s) < tolerance);
  BOOST_TEST(difference(y, wanted) < tolerance);
}

// What a forward returns may be an input, or one value twice.
struct Passes : nn::Module<Passes> {
  BOOST_HANA_DEFINE_STRUCT(Passes, (nn::Linear<16, 16>, fc));
  auto forward(const auto& x, const auto& unused) const {
    auto y = nn::functional::relu(fc(x));
    return std::tuple{y, x, y, unused[0], y[1]};
  }
};
BOOST_AUTO_TEST_CASE(inputs_and_values_returned_twice_are_copied) {
  Passes model;
  const State x = random_input<State>(), other = random_input<State>();
  const auto wanted = model(x, other);
  auto net = tenon::compile<State, State>(model);
  const auto& found = net(x, other);
  BOOST_TEST(difference(std::get<0>(found), std::get<0>(wanted)) < tolerance);
  BOOST_TEST(difference(std::get<1>(found), x) == 0);
  BOOST_TEST(difference(std::get<0>(wanted), std::get<2>(wanted)) == 0);
  BOOST_TEST(difference(std::get<2>(found), std::get<2>(wanted)) < tolerance);
  BOOST_TEST(difference(std::get<3>(found), std::get<3>(wanted)) == 0);
  BOOST_TEST(difference(std::get<4>(found), std::get<4>(wanted)) < tolerance);
  BOOST_TEST(std::get<0>(found).data() != std::get<2>(found).data());
}

// A module may keep a result for its next call.
struct Remembering : nn::Module<Remembering> {
  BOOST_HANA_DEFINE_STRUCT(Remembering, (nn::Linear<16, 16>, fc));
  nn::Variable<State> last{State{}};
  auto forward(const auto& x) {
    last = nn::functional::tanh(fc(x) + last);
    return last;
  }
};
BOOST_AUTO_TEST_CASE(a_result_that_the_module_keeps_is_copied) {
  Remembering model;
  const State x = random_input<State>();
  const State first = model(x), second = model(x);
  BOOST_TEST(difference(first, nn::functional::tanh(model.fc(x))) < tolerance);
  BOOST_TEST(difference(second, nn::functional::tanh(model.fc(x) + first)) < tolerance);
}

struct TupleOfOne : nn::Module<TupleOfOne> {
  BOOST_HANA_DEFINE_STRUCT(TupleOfOne, (nn::Linear<16, 16>, fc));
  auto forward(const auto& x) const { return std::tuple{fc(x)}; }
};
BOOST_AUTO_TEST_CASE(a_tuple_of_one_is_one) {
  TupleOfOne model;
  const State x = random_input<State>();
  const std::tuple<State> wanted = model(x);
  auto net = tenon::compile<State>(model);
  const std::tuple<State>& found = net(x);
  BOOST_TEST(difference(std::get<0>(found), std::get<0>(wanted)) < tolerance);
}

// Layers and containers of several inputs or results have sizes that are constants, too.
BOOST_AUTO_TEST_CASE(layers_of_several_inputs_or_results) {
  using Distance = nn::PairwiseDistance<>;
  static_assert(tenon::net_t<Distance, State, State>::weight_bytes == 0);
  const State x = random_input<State>(), y = random_input<State>();
  auto distance = tenon::compile<State, State>(Distance{});
  BOOST_TEST(difference(distance(x, y), Distance{}(x, y)) < tolerance);
  using Image = Tensor<float, 1, 3, 4, 6>;
  using Pool = nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>;
  using Pooled = nn::Sequential<nn::Tanh, Pool>;
  static_assert(tenon::net_t<Pooled, Image>::weight_bytes == 0);
  const Image image = random_input<Image>();
  const auto check = [&](const auto& model) {
    const auto [values, indices] = model(image);
    auto net = tenon::compile<Image>(model);
    const auto& [net_values, net_indices] = net(image);
    BOOST_TEST(difference(net_values, values) < tolerance);
    BOOST_TEST(difference(net_indices, indices) == 0);
  };
  check(Pool{});
  check(Pooled{});
}

// ---- stages of several outputs

struct PooledBack : nn::Module<PooledBack> {
  using Pool = nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>;
  using Unpool = nn::MaxUnpool2d<nn::kernel_size<2>>;
  BOOST_HANA_DEFINE_STRUCT(PooledBack, (Pool, pool), (Unpool, unpool));
  auto forward(const auto& x) const {
    auto [y, indices] = pool(x);
    return std::tuple{unpool(nn::functional::relu(y), indices), indices};
  }
};
template <std::size_t I>
struct OneOfTwo : nn::Module<OneOfTwo<I>> {
  using Pool = nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>;
  BOOST_HANA_DEFINE_STRUCT(OneOfTwo, (Pool, pool));
  auto forward(const auto& x) const { return std::get<I>(pool(x)); }
};
BOOST_AUTO_TEST_CASE(a_pooling_with_indices_is_one_stage) {
  using Image = Tensor<float, 1, 3, 4, 6>;
  const Image x = random_input<Image>();
  PooledBack model;
  const auto wanted = model(x);
  auto net = tenon::compile<Image>(model);
  const auto& found = net(x);
  BOOST_TEST(difference(std::get<0>(found), std::get<0>(wanted)) == 0);
  BOOST_TEST(difference(std::get<1>(found), std::get<1>(wanted)) == 0);
  const auto stages = net.plan().stages;
  BOOST_TEST_REQUIRE(stages.size() == 3u);
  BOOST_TEST(stages[0].outputs.size() == 2u);
  BOOST_TEST(stages[2].inputs.size() == 2u);
  // Of two results one may be left out.
  auto values = tenon::compile<Image>(OneOfTwo<0>{});
  auto indices = tenon::compile<Image>(OneOfTwo<1>{});
  BOOST_TEST(difference(values(x), std::get<0>(nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>{}(x))) == 0);
  BOOST_TEST(difference(indices(x), std::get<1>(wanted)) == 0);
  BOOST_TEST(values.plan().stages[0].outputs[1].memory == "nowhere");
  BOOST_TEST(indices.plan().stages[0].outputs[0].memory == "nowhere");
}

}  // namespace

// ---- state

namespace tenon::operation {
/// y = the sum of all x so far.
struct RunningSum {
  static constexpr std::string_view name = "RunningSum";
  template <class S>
  static consteval S output_shape(S) {
    return {};
  }
};
}  // namespace tenon::operation
namespace tenon::cpu {
template <>
struct Stage<operation::RunningSum> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    static constexpr std::string_view name = "running sum";
    static constexpr std::size_t state_bytes = static_cast<std::size_t>(X::static_shape::size) * sizeof(T);
    static void run(const plan::Call& call) noexcept {
      const T* x = call.in<T>();
      T *sum = call.state<T>(), *y = call.out<T>();
      for (index_t i = 0; i < X::static_shape::size; ++i) y[i] = sum[i] += x[i];
    }
  };
};
}  // namespace tenon::cpu

namespace {

class RunningSum : public nn::Layer<RunningSum> {
 public:
  using operation = tenon::operation::RunningSum;
  template <class X>
  auto forward(const X& x) const {
    return tenon::apply(operation{}, x);
  }
};

BOOST_AUTO_TEST_CASE(state_survives_calls_and_is_copied_and_cleared) {
  using Row = Tensor<float, 1, 5>;
  using Model = nn::Sequential<RunningSum, nn::Tanh, nn::Linear<5, 5>, RunningSum, nn::Sigmoid>;
  const Model model;
  Row one;
  one.fill(1);
  auto net = tenon::compile<Row>(model);
  BOOST_TEST(net.plan().state_bytes == 128u);
  BOOST_TEST(net.plan().stages.size() == 5u);  // a running sum takes in no activation
  const Row first = net(one), second = net(one), third = net(one);
  BOOST_TEST(difference(first, second) > 1e-3);
  net.reset();
  BOOST_TEST(difference(net(one), first) == 0);
  auto copy = net;  // goes on from here, by itself
  BOOST_TEST(difference(copy(one), second) == 0);
  BOOST_TEST(difference(copy(one), third) == 0);
  BOOST_TEST(difference(net(one), second) == 0);
  copy.reset();
  BOOST_TEST(difference(net(one), third) == 0);
  auto moved = std::move(copy);
  BOOST_TEST(difference(moved(one), first) == 0);
  net = moved;
  BOOST_TEST(difference(net(one), second) == 0);
  BOOST_TEST(difference(moved(one), second) == 0);
}

}  // namespace
