// Nets whose model is chosen at run time, and the slot through which one thread gives them to another. What happens in
// threads at the same time is in net_slot.cpp.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/compile_stream.hpp>
#include <tenon/cpu/conv.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/nn/sequential.hpp>
#include <tenon/run/any_net.hpp>
#include <tenon/run/net_slot.hpp>
#include <tuple>
#include <utility>

namespace {
long allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

namespace nn = tenon::nn;
using tenon::Tensor;

using Input = Tensor<float, 1, 3>;
using Output = Tensor<float, 1, 2>;
using Any = tenon::AnyNet<Input, Output>;
using Slot = tenon::NetSlot<Input, Output>;
using Small = nn::Linear<3, 2>;
using Large = nn::Sequential<nn::Linear<3, 8>, nn::Tanh, nn::Linear<8, 2>>;

const Input x = Input::from({1, -2, 3});

BOOST_AUTO_TEST_CASE(holds_nets_of_any_model) {
  const Small small;
  const Large large;
  std::array nets{Any{tenon::compile<Input>(small)}, Any{tenon::compile<Input>(large)}};
  auto small_net = tenon::compile<Input>(small);
  auto large_net = tenon::compile<Input>(large);
  BOOST_TEST((nets[0](x) == small_net(x)));
  BOOST_TEST((nets[1](x) == large_net(x)));
  Output y;
  nets[1](x, y);
  BOOST_TEST((y == large_net(x)));
  nets[0].reset();
  BOOST_TEST((nets[0](x) == small_net(x)));
}

BOOST_AUTO_TEST_CASE(a_net_with_a_name_is_copied) {
  auto net = tenon::compile<Input>(Large{});
  Any any{net};
  BOOST_TEST((any(x) == net(x)));
  BOOST_TEST(any(x).data() != net(x).data());
}

struct Both : nn::Module<Both> {
  BOOST_HANA_DEFINE_STRUCT(Both, (Small, left), (nn::Linear<4, 2>, right));
  auto forward(const auto& a, const auto& b) const {
    auto sum = left(a) + right(b);
    return std::tuple{sum, nn::functional::relu(sum)};
  }
};

BOOST_AUTO_TEST_CASE(several_inputs_and_results) {
  using Second = Tensor<float, 1, 4>;
  const Both model;
  auto net = tenon::compile<Input, Second>(model);
  tenon::AnyNet<tenon::Inputs<Input, Second>, std::tuple<Output, Output>> any{net};
  const Second b = Second::from({1, 2, 3, 4});
  const auto& [sum, positive] = any(x, b);
  const auto& [wanted_sum, wanted_positive] = net(x, b);
  BOOST_TEST((sum == wanted_sum && positive == wanted_positive));
  Output y, z;
  any(x, b, y, z);
  BOOST_TEST((y == wanted_sum && z == wanted_positive));
}

// ---- objects that are no nets of tenon's

/// A stream that adds up its inputs' first elements.
struct Accumulator {
  explicit Accumulator(float start = 0) : total(start) {}
  const Output& step(const Input& input) {
    step(input, result);
    return result;
  }
  void step(const Input& input, Output& y) {
    total += input(0, 0);
    y.fill(total);
  }
  void reset() { total = 0; }
  float total;
  Output result{};
};

BOOST_AUTO_TEST_CASE(a_stream_steps_and_is_reset) {
  Any any{Accumulator{}};
  BOOST_TEST(any(x)(0, 1) == 1);
  BOOST_TEST(any(x)(0, 1) == 2);
  Output y;
  any(x, y);
  BOOST_TEST(y(0, 0) == 3);
  any.reset();
  BOOST_TEST(any(x)(0, 1) == 1);
}

BOOST_AUTO_TEST_CASE(a_compiled_stream_steps_and_is_reset) {
  using Block = tenon::Tensor<float, 1, 1, 4>;
  const nn::Conv1d<1, 1, nn::kernel_size<3>> conv;
  auto stream = tenon::compile_stream<Block>(conv);
  tenon::AnyNet<Block, Block> held{stream};
  Block piece, y;
  piece.fill(1);
  const Block first = held(piece);
  BOOST_TEST((first == stream.step(piece)));
  held(piece, y);
  BOOST_TEST((y == stream.step(piece)));
  BOOST_TEST((y != first));  // it remembers the first piece
  held.reset();
  BOOST_TEST((held(piece) == first));
}

/// A net that counts its instances and asks for an alignment.
struct alignas(256) Counted {
  explicit Counted(float its_value) : value(its_value) { ++alive; }
  Counted(Counted&& other) noexcept : value(other.value) { ++alive; }
  Counted& operator=(Counted&&) = delete;
  ~Counted() { --alive; }
  const Output& operator()(const Input&) {
    result.fill(value);
    return result;
  }
  void operator()(const Input&, Output& y) const { y.fill(value); }
  float value;
  Output result{};
  static inline int alive = 0;
};
Any counted_net(float value) { return Any{Counted{value}}; }

BOOST_AUTO_TEST_CASE(alignment_is_kept) {
  struct Asks : Counted {
    using Counted::Counted;
    const Output& operator()(const Input&) {
      result.fill(reinterpret_cast<std::uintptr_t>(this) % 256 == 0 ? 1.0F : 0.0F);
      return result;
    }
    using Counted::operator();
  };
  std::array<Any, 5> several{Any{Asks{1}}, Any{Asks{1}}, Any{Asks{1}}, Any{Asks{1}}, Any{Asks{1}}};
  for (Any& any : several) BOOST_TEST(any(x)(0, 0) == 1);
}

BOOST_AUTO_TEST_CASE(moved_and_empty) {
  Any first = counted_net(1), none;
  BOOST_TEST(!none);
  const Output* const result = &first(x);
  Any second = std::move(first);
  BOOST_TEST(!first);  // NOLINT(bugprone-use-after-move)
  BOOST_TEST(static_cast<bool>(second));
  BOOST_TEST(&second(x) == result);  // the held net keeps its place
  second = counted_net(2);
  BOOST_TEST(Counted::alive == 1);
  first = std::move(second);
  BOOST_TEST(first(x)(0, 0) == 2);
  first = Any();
  BOOST_TEST(Counted::alive == 0);
  static_assert(std::is_nothrow_move_constructible_v<Any> && std::is_nothrow_move_assignable_v<Any> &&
                !std::is_copy_constructible_v<Any>);
}

BOOST_AUTO_TEST_CASE(a_call_allocates_nothing) {
  Any any{tenon::compile<Input>(Large{})};
  Output y;
  const long before = allocations;
  any(x);
  any(x, y);
  any.reset();
  BOOST_TEST(allocations == before);
}

// ---- slots

BOOST_AUTO_TEST_CASE(a_slot_hands_nets_over) {
  {
    Slot slot;
    BOOST_TEST(slot.acquire() == nullptr);
    slot.collect();
    slot.publish(counted_net(1));
    Any* const first = slot.acquire();
    BOOST_TEST_REQUIRE(first != nullptr);
    BOOST_TEST((*first)(x)(0, 0) == 1);
    BOOST_TEST(slot.acquire() == first);
    slot.collect();
    BOOST_TEST(Counted::alive == 1);
    slot.publish(counted_net(2));
    slot.collect();  // the first one is in use
    BOOST_TEST(Counted::alive == 2);
    BOOST_TEST((*first)(x)(0, 0) == 1);
    Any* const second = slot.acquire();
    BOOST_TEST((*second)(x)(0, 0) == 2);
    BOOST_TEST(Counted::alive == 2);  // nothing is destroyed by the real-time thread
    slot.collect();
    BOOST_TEST(Counted::alive == 1);
    BOOST_TEST((*second)(x)(0, 0) == 2);
  }
  BOOST_TEST(Counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(nets_that_were_never_taken_are_collected) {
  Slot slot;
  for (const float value : {1.0F, 2.0F, 3.0F}) slot.publish(counted_net(value));
  BOOST_TEST(Counted::alive == 3);
  slot.collect();
  BOOST_TEST(Counted::alive == 1);
  BOOST_TEST((*slot.acquire())(x)(0, 0) == 3);
  for (const float value : {4.0F, 5.0F}) slot.publish(counted_net(value));
  slot.collect();  // which keeps the one in use and the last
  BOOST_TEST(Counted::alive == 2);
  BOOST_TEST((*slot.acquire())(x)(0, 0) == 5);
  slot.collect();
  BOOST_TEST(Counted::alive == 1);
}

BOOST_AUTO_TEST_CASE(a_replaced_net_stays_for_a_cross_fade) {
  Slot slot;
  slot.publish(counted_net(1));
  const auto [first, before] = slot.acquire_both();
  BOOST_TEST(before == nullptr);
  slot.publish(counted_net(2));
  const auto [second, replaced] = slot.acquire_both();
  slot.collect();
  BOOST_TEST_REQUIRE(replaced == first);
  BOOST_TEST((*replaced)(x)(0, 0) + (*second)(x)(0, 0) == 3);
  const auto [same, none] = slot.acquire_both();
  BOOST_TEST(same == second);
  BOOST_TEST(none == nullptr);
  slot.collect();
  BOOST_TEST(Counted::alive == 1);
}

BOOST_AUTO_TEST_CASE(an_empty_net_is_not_published) {
  Slot slot;
  BOOST_CHECK_THROW(slot.publish(Any()), tenon::Error);
  BOOST_TEST(slot.acquire() == nullptr);
}

BOOST_AUTO_TEST_CASE(acquiring_allocates_nothing) {
  Slot slot;
  slot.publish(counted_net(1));
  const long before = allocations;
  slot.acquire();
  slot.acquire_both();
  BOOST_TEST(allocations == before);
}

}  // namespace
