// Tensor: an xtensor expression of a fixed shape, and the memory it lives in.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <limits>
#include <numeric>
#include <span>
#include <sstream>
#include <tenon/core/any_tensor.hpp>
#include <tenon/core/tensor.hpp>
#include <thread>
#include <vector>

#if __has_include(<xtensor/xview.hpp>)
#include <xtensor/xio.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
#else  // 0.26 and later
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/io/xio.hpp>
#include <xtensor/views/xview.hpp>
#endif

namespace {
std::atomic<long> living_blocks{0};  // aligned allocations, which are those of tensors
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  void* memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
  if (!memory) throw std::bad_alloc();
  ++living_blocks;
  return memory;
}
void operator delete(void* memory, std::align_val_t) noexcept {
  if (!memory) return;
  --living_blocks;
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
  ::operator delete(memory, alignment);
}

namespace {

using tenon::Tensor;

// Under the AddressSanitizer memory is not recycled, so that a use after free is seen.
constexpr bool recycled = tenon::memory::detail::recycle;

template <class T>
std::vector<typename T::value_type> elements(const T& tensor) {
  return {tensor.begin(), tensor.end()};
}
using list = std::vector<float>;
template <std::size_t Rank>
using Dynamic = xt::xtensor<float, Rank>;  // of extents that are not in its type

template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

template <class T>
bool aligned(const T* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % 64 == 0;
}

Tensor<float, 2, 3> counted() { return Tensor<float, 2, 3>::from(list{1, 2, 3, 4, 5, 6}); }

BOOST_AUTO_TEST_CASE(a_tensor_starts_as_zeros_in_row_major_order) {
  Tensor<double, 2, 3> t;
  BOOST_TEST(elements(t) == std::vector<double>(6, 0.0));
  t(0, 2) = 7;
  t(1, 0) = 8;
  BOOST_TEST(elements(t) == (std::vector<double>{0, 0, 7, 8, 0, 0}));
  BOOST_TEST(t.data()[3] == 8);
  static_assert(Tensor<float, 2, 3>::size() == 6 && tenon::shape_of_t<decltype(t)>::rank == 2);
  static_assert(tenon::shape_of_t<decltype(t)>::dims == std::array<tenon::index_t, 2>{2, 3});
  BOOST_TEST(t.dimension() == 2u);
  BOOST_TEST(t.shape(1) == 3u);
}

BOOST_AUTO_TEST_CASE(a_scalar_has_one_item) {
  Tensor<float> t(3);
  BOOST_TEST(t.item() == 3);
  t = t * t + 1;
  BOOST_TEST(t.item() == 10);
  t = xt::sum(counted());
  BOOST_TEST(t.item() == 21);
}

BOOST_AUTO_TEST_CASE(it_is_used_in_expressions) {
  const auto a = counted();
  const Tensor<float, 2, 3> twice = 2 * a + xt::square(a);
  BOOST_TEST(elements(twice) == (list{3, 8, 15, 24, 35, 48}));
  BOOST_TEST(xt::sum(a)() == 21);
  const Tensor<float, 3, 2> turned = xt::transpose(a);
  BOOST_TEST(elements(turned) == (list{1, 4, 2, 5, 3, 6}));
  const Tensor<float, 2> rows = xt::sum(a, {1});
  BOOST_TEST(elements(rows) == (list{6, 15}));
  const Tensor<float, 2> column = xt::view(a, xt::all(), 1);
  BOOST_TEST(elements(column) == (list{2, 5}));
  BOOST_TEST(std::accumulate(a.begin(), a.end(), 0.0f) == 21);
}

#ifndef NDEBUG
// One rule for all ranks and ways: a position outside its axis is an error.
BOOST_AUTO_TEST_CASE(positions_outside_are_errors) {
  Tensor<float, 3> a;
  const auto& b = a;
  for (const int i : {3, 10, -4}) {
    const std::string message = "x[" + std::to_string(i) + "]: the leading axis of x has 3 elements";
    BOOST_TEST(error_of([&] { a[i] = 1; }) == message);
    BOOST_TEST(error_of([&] { (void)b[i]; }) == message);
  }
  BOOST_TEST(error_of([&] { (void)b[std::size_t{3}]; }) == "x[3]: the leading axis of x has 3 elements");
  BOOST_TEST(error_of([&] { (void)b[std::numeric_limits<std::size_t>::max() / 2 + 1]; }).starts_with("x[-9"));
  a[-3] = 5;
  BOOST_TEST(b[0] == 5);
  BOOST_TEST(error_of([&] { a(3) = 1; }) == "x(3): a position lies outside x, whose shape is (3)");
  BOOST_TEST(error_of([&] { (void)b(-1); }) == "x(-1): a position lies outside x, whose shape is (3)");
  BOOST_TEST(error_of([&] { (void)b[std::vector<std::size_t>{3}]; }) ==
             "x(3): a position lies outside x, whose shape is (3)");

  Tensor<std::int64_t, 2, 3> t;
  const auto& u = t;
  const std::string inside = "): a position lies outside x, whose shape is (2, 3)";
  BOOST_TEST(error_of([&] { t(5, 0) = 1; }) == "x(5, 0" + inside);
  BOOST_TEST(error_of([&] { t(1, 3) = 1; }) == "x(1, 3" + inside);
  BOOST_TEST(error_of([&] { (void)u(2, 0); }) == "x(2, 0" + inside);
  BOOST_TEST(error_of([&] { (void)u(0u, 3u); }) == "x(0, 3" + inside);
  BOOST_TEST(error_of([&] { (void)u(0, -1); }) == "x(0, -1" + inside);
  BOOST_TEST(error_of([&] { (void)u(3); }) == "x(3" + inside);  // of the last axis, as xtensor has it
  BOOST_TEST(error_of([&] { (void)u[{2, 0}]; }) == "x(2, 0" + inside);
  BOOST_TEST(error_of([&] { t[{0, 3}] = 1; }) == "x(0, 3" + inside);
  BOOST_TEST(error_of([&] { (void)u[std::array<std::size_t, 2>{2, 2}]; }) == "x(2, 2" + inside);
  BOOST_TEST(error_of([&] { t[std::vector<std::size_t>{1, 3}] = 1; }) == "x(1, 3" + inside);
  t[{1, 2}] = 7;
  BOOST_TEST((u(1, 2) == 7 && u(9, 1, 2) == 7 && t(2) == 0 && u[{1, 2}] == 7));
  BOOST_TEST((u[std::vector<std::size_t>{1, 2}] == 7));

  Tensor<float, 2, 1, 4, 3> deep;
  const std::string shape = "): a position lies outside x, whose shape is (2, 1, 4, 3)";
  BOOST_TEST(error_of([&] { deep(0, 0, 4, 0) = 1; }) == "x(0, 0, 4, 0" + shape);
  BOOST_TEST(error_of([&] { deep(0, 1, 0, 0) = 1; }) == "x(0, 1, 0, 0" + shape);
  BOOST_TEST(error_of([&] { (void)std::as_const(deep)(2, 0, 0, 0); }) == "x(2, 0, 0, 0" + shape);
  BOOST_TEST(error_of([&] { (void)deep[{0, 1, 0, 0}]; }) == "x(0, 1, 0, 0" + shape);
  const Tensor<float> scalar(3);
  BOOST_TEST(scalar() == 3);
}
#endif

BOOST_AUTO_TEST_CASE(elements_of_lazy_expressions_broadcast) {
  const auto column = Tensor<float, 3, 1>::from(list{1, 2, 3});
  const auto row = Tensor<float, 2>::from(list{10, 20});
  BOOST_TEST((column + row)(2, 1) == 23);
  BOOST_TEST(xt::view(column, xt::all(), xt::newaxis(), 0)(2, 0) == 3);
  const auto a = counted();
  const Tensor<float, 4, 3> joined = xt::concatenate(xt::xtuple(a, 2 * a));
  BOOST_TEST(joined(3, 2) == 12);
}

BOOST_AUTO_TEST_CASE(it_is_printed) {
  std::ostringstream out;
  out << counted();
  BOOST_TEST(out.str() == "{{ 1.,  2.,  3.},\n { 4.,  5.,  6.}}");
}

BOOST_AUTO_TEST_CASE(it_is_assigned_from_expressions) {
  auto a = counted();
  const float* address = a.data();
  a += 1;
  a *= a;
  a -= counted();
  a /= 2;
  BOOST_TEST(elements(a) == (list{1.5, 3.5, 6.5, 10.5, 15.5, 21.5}));
  xt::view(a, 1, xt::all()) = xt::view(a, 0, xt::all());
  BOOST_TEST(elements(a) == (list{1.5, 3.5, 6.5, 1.5, 3.5, 6.5}));
  a = Dynamic<2>{{6, 5, 4}, {3, 2, 1}};
  BOOST_TEST(elements(a) == (list{6, 5, 4, 3, 2, 1}));
  BOOST_TEST(a.data() == address);  // nothing was allocated in between
}

BOOST_AUTO_TEST_CASE(axes_of_extent_one_broadcast) {
  const auto column = Tensor<float, 3, 1>::from(list{1, 2, 3});
  const auto row = Tensor<float, 1, 2>::from(list{10, 20});
  const Tensor<float, 3, 2> sum = column + row;
  BOOST_TEST(elements(sum) == (list{11, 21, 12, 22, 13, 23}));
  Tensor<float, 1, 1, 1> one;
  one(0, 0, 0) = 5;
  BOOST_TEST(elements(one) == list{5});
}

BOOST_AUTO_TEST_CASE(a_wrong_shape_is_an_error_and_nothing_is_written) {
  auto t = counted();
  const std::string message = "Tensor: assigned from an expression of shape (3, 2), wanted (2, 3)";
  BOOST_TEST(error_of([&] { t = Dynamic<2>({3, 2}); }) == message);
  BOOST_TEST(error_of([] { Tensor<float, 2, 3> made = Dynamic<2>({3, 2}); }) == message);
  // No broadcasting either: neither a missing axis nor an extent of 1.
  BOOST_CHECK_THROW((t = Dynamic<1>{7, 8, 9}), tenon::Error);
  BOOST_CHECK_THROW((t = Dynamic<2>{{7, 8, 9}}), tenon::Error);
  BOOST_CHECK_THROW((t += Dynamic<3>({2, 2, 3})), tenon::Error);
  BOOST_TEST(elements(t) == elements(counted()));
}

#ifndef NDEBUG
BOOST_AUTO_TEST_CASE(reading_what_is_being_overwritten_is_detected) {
  auto t = Tensor<float, 2, 2>::from(list{1, 2, 3, 4});
  const std::string message =
      "Tensor: the expression reads positions of its target that are already overwritten; use xt::eval";
  BOOST_TEST(error_of([&] { t = xt::transpose(t); }) == message);
  BOOST_TEST(error_of([&] { t += 2 * xt::transpose(t); }) == message);
  BOOST_TEST(error_of([&] { t = t / xt::view(t, xt::newaxis(), 0, xt::all()); }) == message);
  BOOST_TEST(elements(t) == (list{1, 2, 3, 4}));
  t = xt::eval(xt::transpose(t));
  BOOST_TEST(elements(t) == (list{1, 3, 2, 4}));
  t = t + t * t;  // element by element: no aliasing
  BOOST_TEST(elements(t) == (list{2, 12, 6, 20}));
}
#endif

BOOST_AUTO_TEST_CASE(it_is_made_from_a_range) {
  const int values[] = {1, 2, 3, 4, 5, 6};
  BOOST_TEST(elements(Tensor<float, 2, 3>::from(std::span(values))) == elements(counted()));
  BOOST_TEST(elements(Tensor<std::int64_t, 3, 1>::from(std::views::iota(4, 7))) ==
             (std::vector<std::int64_t>{4, 5, 6}));
  std::istringstream text("1 2 3 4 5 6");  // a range that can be read once, and only if it is not const
  BOOST_TEST(elements(Tensor<float, 2, 3>::from(std::views::istream<int>(text))) == elements(counted()));
  BOOST_TEST(elements(Tensor<float, 2, 3>::from({1, 2, 3, 4, 5, 6})) == elements(counted()));
  const std::string shape = " elements, wanted 6 for shape (2, 3)";
  BOOST_TEST(error_of([] { Tensor<float, 2, 3>::from(list(5)); }) == "Tensor::from: 5" + shape);
  BOOST_TEST(error_of([] { Tensor<float, 2, 3>::from(list(7)); }) == "Tensor::from: 7" + shape);
  BOOST_TEST(error_of([] { Tensor<float, 2, 3>::from({1, 2}); }) == "Tensor::from: 2" + shape);
  BOOST_TEST(error_of([] { Tensor<float, 2, 3>::from(list{}); }) == "Tensor::from: 0" + shape);
}

BOOST_AUTO_TEST_CASE(a_copy_is_independent_and_a_move_keeps_the_elements_in_place) {
  auto a = counted();
  auto copy = a;
  copy(0, 0) = 100;
  BOOST_TEST(a(0, 0) == 1);
  const float* address = a.data();
  auto moved = std::move(a);
  BOOST_TEST(moved.data() == address);
  a = copy;  // a moved-from tensor may be assigned to
  BOOST_TEST(a(0, 0) == 100);
  auto again = std::move(a);
  a = moved + 1;
  BOOST_TEST(a(1, 2) == 7);
  a = *&a;
  BOOST_TEST(a(1, 2) == 7);
  static_assert(std::is_nothrow_move_constructible_v<decltype(a)> && std::is_nothrow_move_assignable_v<decltype(a)>);
}

BOOST_AUTO_TEST_CASE(a_view_works_on_the_callers_memory) {
  alignas(64) float memory[6] = {1, 2, 3, 4, 5, 6};
  {
    auto view = Tensor<float, 2, 3>::view(memory);
    BOOST_TEST(view.is_view());
    const auto copy = view;
    BOOST_TEST(!copy.is_view());
    view = 2 * copy;
    BOOST_TEST(memory[5] == 12);
    view = Tensor<float, 2, 3>();  // moved into: the elements, not the memory
    BOOST_TEST(view.data() == memory);
    BOOST_TEST(copy(1, 2) == 6);
  }
  BOOST_TEST(memory[5] == 0);
}

BOOST_AUTO_TEST_CASE(a_view_of_constant_memory_is_constant) {
  alignas(64) static constexpr float memory[]{1, 2, 3, 4, 5, 6};
  const auto view = Tensor<float, 2, 3>::view(memory);
  static_assert(std::is_same_v<decltype(Tensor<float, 2, 3>::view(memory)), const Tensor<float, 2, 3>>);
  BOOST_TEST(view.is_view());
  BOOST_TEST(view.data() == memory);
  BOOST_TEST(view(1, 0) == 4);
  auto copy = Tensor<float, 2, 3>(view);
  copy(1, 0) = 7;
  BOOST_TEST(view(1, 0) == 4);
}

BOOST_AUTO_TEST_CASE(elements_are_aligned_and_not_on_the_stack) {
  BOOST_TEST(aligned(Tensor<float>().data()));
  BOOST_TEST(aligned(Tensor<double, 7>().data()));
  BOOST_TEST(aligned(Tensor<std::int64_t, 3, 5, 11>().data()));
  BOOST_TEST(aligned(Tensor<float, 17, 31>(tenon::uninitialized).data()));
  BOOST_TEST(aligned(tenon::AnyTensor(Tensor<float, 3, 5>()).data()));
  using Big = Tensor<float, 16, 1024, 1024>;  // 64 MiB
  static_assert(sizeof(Big) <= 64);
  Big big;
  big(15, 1023, 1023) = 1;
  BOOST_TEST(big.data()[Big::size() - 1] == 1);
  BOOST_TEST(aligned(big.data()));
}

BOOST_AUTO_TEST_CASE(freed_memory_is_used_again, *boost::unit_test::enable_if<recycled>()) {
  const float* first = Tensor<float, 5, 7>().data();
  const long before = living_blocks;
  const Tensor<float, 5, 7> second, third;
  BOOST_TEST(second.data() == first);
  BOOST_TEST(third.data() != first);
  BOOST_TEST(living_blocks <= before + 1);
  BOOST_TEST(elements(second) == list(35, 0.0f));
}

BOOST_AUTO_TEST_CASE(memory_freed_on_another_thread_is_used_again_there, *boost::unit_test::enable_if<recycled>()) {
  std::vector<Tensor<double, 11, 13>> made;
  std::thread([&] { made.emplace_back(); }).join();  // outlives the thread that made it
  const double* address = made.front().data();
  BOOST_TEST(made.front()(10, 12) == 0);
  made.clear();
  const Tensor<double, 11, 13> here;
  BOOST_TEST(here.data() == address);
}

BOOST_AUTO_TEST_CASE(memory_goes_back_to_the_system) {
  tenon::memory::release_cached();
  const long before = living_blocks;
  { const Tensor<float, 3, 1000> a, b; }
  BOOST_TEST(living_blocks == before + (recycled ? 2 : 0));
  tenon::memory::release_cached();
  BOOST_TEST(living_blocks == before);
  // A thread that ends keeps nothing, not even of a tensor that ends after the thread's free lists.
  std::thread([] {
    static thread_local const Tensor<float, 3, 1000> late;
    const Tensor<float, 3, 1000> early, another;
    BOOST_TEST(late(2, 999) == 0);
  }).join();
  BOOST_TEST(living_blocks == before);
}

BOOST_AUTO_TEST_CASE(threads_work_side_by_side) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int id = 1; id <= 4; ++id)
    threads.emplace_back([&wrong, id] {
      for (int i = 0; i < 200; ++i) {
        Tensor<int, 8, 9> a;
        a.fill(id);
        const Tensor<int, 8, 9> b = a + a;
        for (const int element : b) wrong += element != 2 * id;
      }
    });
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(wrong == 0);
}

}  // namespace
