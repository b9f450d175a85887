// A warm training step and a call of a compiled net allocate nothing.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <new>
#include <tenon/tenon.hpp>

#include "forwards.hpp"

namespace {
std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* memory = alignment <= alignof(std::max_align_t)
                     ? std::malloc(size)
                     : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new[](std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace nn = tenon::nn;
using tenon::Tensor;

namespace {

template <class F>
long allocations_of(F&& f) {
  const long before = allocations;
  f();
  return allocations - before;
}

using LeNet = nn::Sequential<nn::Conv2d<1, 6, nn::kernel_size<5>, nn::padding<2>>, nn::BatchNorm2d<6>, nn::ReLU,
                             nn::MaxPool2d<nn::kernel_size<2>>, nn::Conv2d<6, 16, nn::kernel_size<5>>, nn::ReLU,
                             nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>, nn::Linear<400, 120>, nn::ReLU,
                             nn::Dropout<>, nn::Linear<120, 10>>;
using Text = nn::Sequential<nn::Embedding<50, 4, nn::scale_grad_by_freq<true>>, nn::Flatten<>, nn::Linear<12, 5>>;
using Mlp = nn::Sequential<nn::Linear<12, 64>, nn::Tanh, nn::Residual<nn::Linear<64, 64>>, nn::Linear<64, 4>>;

using Norms =
    nn::Sequential<nn::Conv2d<1, 4, nn::kernel_size<3>>, nn::GroupNorm<2, 4>, nn::Dropout2d<>, nn::InstanceNorm2d<4>,
                   nn::Flatten<>, nn::Linear<144, 17>, nn::BatchNorm1d<17>, nn::LayerNorm<nn::normalized_shape<17>>>;

struct Poolings : nn::Module<Poolings> {
  using Picks = nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>;
  using Rest = nn::Sequential<nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_ratio<0.7>>,
                              nn::AvgPool2d<nn::kernel_size<2>>, nn::AdaptiveMaxPool2d<nn::output_size<3>>,
                              nn::AdaptiveAvgPool2d<nn::output_size<1>>, nn::Flatten<>, nn::Linear<3, 4>>;
  BOOST_HANA_DEFINE_STRUCT(Poolings, (Picks, pool), (nn::MaxUnpool2d<nn::kernel_size<2>>, unpool), (Rest, rest));
  auto forward(const auto& x) {
    const auto [y, indices] = pool(x);
    return rest(unpool(y, indices));
  }
};

// The counter itself must count.
BOOST_AUTO_TEST_CASE(allocations_are_counted) {
  BOOST_TEST(allocations_of([] { ::operator delete(::operator new(4)); }) == 1);
  BOOST_TEST(
      allocations_of([] { ::operator delete(::operator new(256, std::align_val_t{64}), std::align_val_t{64}); }) == 1);
}

template <class Optimizer, class Model, class Input, class Target, class Criterion>
long warm_step(Model& model, const Input& x, const Target& target, const Criterion& criterion) {
  Optimizer optimizer{model, {.lr = 0.01}};
  const auto step = [&] {
    model.zero_grad();
    auto loss = criterion(model(nn::Variable{x}), target);
    loss.backward();
    optimizer.step();
  };
  for (int i = 0; i < 3; ++i) step();
  return allocations_of([&] {
    for (int i = 0; i < 5; ++i) step();
  });
}

// Under the AddressSanitizer memory is not recycled, so that a use after free is seen.
constexpr bool recycled = tenon::memory::detail::recycle;

BOOST_AUTO_TEST_CASE(a_warm_training_step_allocates_nothing, *boost::unit_test::enable_if<recycled>()) {
  LeNet lenet;
  BOOST_TEST(warm_step<tenon::optim::SGD>(lenet, Tensor<float, 8, 1, 28, 28>{}, Tensor<std::int64_t, 8>{},
                                          nn::CrossEntropyLoss<>{}) == 0);
  BOOST_TEST(warm_step<tenon::optim::Adam>(lenet, Tensor<float, 8, 1, 28, 28>{}, Tensor<std::int64_t, 8>{},
                                           nn::CrossEntropyLoss<>{}) == 0);
  Mlp mlp;
  BOOST_TEST(warm_step<tenon::optim::SGD>(mlp, Tensor<float, 32, 12>{}, Tensor<float, 32, 4>{}, nn::MSELoss<>{}) == 0);
  Poolings poolings;
  BOOST_TEST(warm_step<tenon::optim::SGD>(poolings, Tensor<float, 2, 3, 18, 16>{}, Tensor<float, 2, 4>{},
                                          nn::MSELoss<>{}) == 0);
  Norms norms;
  BOOST_TEST(
      warm_step<tenon::optim::SGD>(norms, Tensor<float, 3, 1, 8, 8>{}, Tensor<float, 3, 17>{}, nn::MSELoss<>{}) == 0);
  Text text;
  BOOST_TEST(warm_step<tenon::optim::SGD>(text, Tensor<std::int64_t, 8, 3>{}, Tensor<std::int64_t, 8>{},
                                          nn::CrossEntropyLoss<>{}) == 0);
}

BOOST_AUTO_TEST_CASE(functions_in_a_warm_step_allocate_nothing, *boost::unit_test::enable_if<recycled>()) {
  forwards::AlignedParts<> parts;
  BOOST_TEST(warm_step<tenon::optim::SGD>(parts, Tensor<float, 3, 16>{}, Tensor<float, 161>{}, nn::MSELoss<>{}) == 0);
  forwards::Products<> products;
  BOOST_TEST(warm_step<tenon::optim::SGD>(products, Tensor<float, 3, 5>{}, Tensor<float, 3, 1>{}, nn::MSELoss<>{}) ==
             0);
  nn::Concat<nn::Linear<3, 4>, nn::Residual<nn::ReLU>> concat;
  BOOST_TEST(warm_step<tenon::optim::SGD>(concat, Tensor<float, 2, 3>{}, Tensor<float, 2, 7>{}, nn::MSELoss<>{}) == 0);
}

BOOST_AUTO_TEST_CASE(a_compiled_net_allocates_nothing) {
  LeNet lenet;
  auto net = tenon::compile<Tensor<float, 2, 1, 28, 28>>(lenet);
  static_assert(noexcept(net(std::declval<const Tensor<float, 2, 1, 28, 28>&>())));
  Tensor<float, 2, 1, 28, 28> x;
  Tensor<float, 2, 10> y;
  float sum = 0;
  BOOST_TEST(allocations_of([&] {
               const auto& result = net(x);  // the first call too
               sum += result(0, 0);
               net(x, y);
             }) == 0);
  BOOST_TEST(sum == y(0, 0));
  Poolings poolings;
  auto pooled = tenon::compile<Tensor<float, 2, 3, 18, 16>>(poolings);
  const Tensor<float, 2, 3, 18, 16> image;
  BOOST_TEST(allocations_of([&] { pooled(image); }) == 0);
  Norms norms;
  auto normalized = tenon::compile<Tensor<float, 3, 1, 8, 8>>(norms);
  const Tensor<float, 3, 1, 8, 8> digits;
  BOOST_TEST(allocations_of([&] { normalized(digits); }) == 0);
}

BOOST_AUTO_TEST_CASE(a_step_of_a_stream_allocates_nothing) {
  using Voice = nn::Sequential<nn::ZeroPad1d<nn::padding<4, 0>>, nn::Conv1d<1, 8, nn::kernel_size<3>, nn::dilation<2>>,
                               nn::Tanh, nn::AvgPool1d<nn::kernel_size<3>, nn::stride<2>>,
                               nn::ConvTranspose1d<8, 2, nn::kernel_size<4>, nn::stride<2>>>;
  const Voice voice;
  auto voice_stream = tenon::compile_stream<Tensor<float, 1, 1, 16>>(voice);
  const nn::LSTM<3, 20, nn::num_layers<2>> memory;
  auto memory_stream = tenon::compile_stream<Tensor<float, 4, 1, 3>>(memory);
  const Tensor<float, 1, 1, 16> samples;
  const Tensor<float, 4, 1, 3> features;
  static_assert(noexcept(voice_stream.step(samples)));
  float sum = 0;
  BOOST_TEST(allocations_of([&] {
               for (int step = 0; step < 3; ++step)
                 sum += voice_stream.step(samples)(0, 1, 3) + std::get<0>(memory_stream.step(features))(3, 0, 19);
               voice_stream.reset();
               memory_stream.reset();
             }) == 0);
  BOOST_TEST(std::isfinite(sum));
}

BOOST_AUTO_TEST_CASE(a_compiled_net_in_the_callers_storage_allocates_no_memory_for_tensors) {
  Mlp mlp;
  using Input = Tensor<float, 1, 12>;
  using Net = decltype(tenon::compile<Input>(mlp));
  alignas(64) static std::byte weights[Net::weight_bytes], workspace[Net::workspace_bytes];
  auto net = tenon::compile<Input>(mlp, weights, workspace);
  const auto& y = net(Input{});
  const auto* address = reinterpret_cast<const std::byte*>(y.data());
  BOOST_TEST((address >= workspace && address < workspace + sizeof workspace));
}

}  // namespace
