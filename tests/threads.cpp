// What several threads may do with one model at once: compiled with the thread sanitizer, which stops at a race.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/conv.hpp>
#include <tenon/cpu/dropout.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <tenon/cpu/normalization.hpp>
#include <tenon/cpu/pooling.hpp>
#include <tenon/optim/adam.hpp>
#include <thread>
#include <vector>

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;

constexpr int thread_count = 4, repetitions = 50;

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  std::exit(1);
}
/// Runs `f(thread)` in all threads at once.
template <class F>
void in_threads(F&& f) {
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) threads.emplace_back([&f, i] { f(i); });
  for (std::thread& thread : threads) thread.join();
}

using Model = nn::Sequential<nn::Conv2d<1, 2, nn::kernel_size<3>>, nn::BatchNorm2d<2>, nn::ReLU,
                             nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>, nn::Dropout<>, nn::Linear<8, 3>>;
using Input = Tensor<float, 2, 1, 6, 6>;
using Output = Tensor<float, 2, 3>;

struct Net : nn::Module<Net> {
  using Tied = nn::Shared<nn::Linear<3, 3>>;
  BOOST_HANA_DEFINE_STRUCT(Net, (Model, model), (Tied, tied), (nn::Parameter<Output>, shift));
  auto forward(const auto& x) { return tied(model(x) * shift) + shift; }
};

Input random_input() {
  Input x;
  tenon::fill_uniform(x, 1.0);
  return x;
}
Output ones() {
  Output g;
  g.fill(1);
  return g;
}
template <class Parameters>
double sum_of_gradients(Parameters& model) {
  double sum = 0;
  nn::for_each_parameter(model, [&](const std::string&, auto& parameter) {
    for (const float g : parameter.grad()) sum += static_cast<double>(g);
  });
  return sum;
}

/// Recorded calls of one model, of values of their own and of one that all share; backward passes one at a time.
void record_one_model() {
  Net net;
  net.eval();
  tenon::fill_uniform(net.shift.data(), 1.0);
  const Input input = random_input();
  const Output wanted = net(input);
  net(nn::Variable{input}).backward(ones());
  const double gradient = sum_of_gradients(net);
  net.zero_grad();
  const nn::Variable shared{input};
  const nn::Variable recorded = 2 * nn::Variable{input, nn::requires_grad};
  std::mutex one_at_a_time;
  in_threads([&](int) {
    for (int i = 0; i < repetitions; ++i) {
      const auto y = net(nn::Variable{input});
      const auto z = net(shared);
      check(y.data() == wanted && z.data() == wanted, "recorded calls in threads give what one gives");
      const auto dropped = net(recorded);
      const std::lock_guard lock(one_at_a_time);  // the others go on recording
      y.backward(ones());
      z.backward(ones());
    }
  });
  const double found = sum_of_gradients(net), expected = 2 * thread_count * repetitions * gradient;
  check(std::abs(found - expected) < 1e-3 * std::abs(expected), "gradients of all threads add up");
}

void call_on_tensors() {
  Net net;
  net.eval();
  const Input input = random_input();
  const Output wanted = net(input);
  in_threads([&](int) {
    for (int i = 0; i < repetitions; ++i) check(net(input) == wanted, "calls in threads give what one gives");
  });
}

/// Models of their own, in training mode. Nothing random is in what is compared: no two threads draw the same.
void train_copies() {
  const Net original;
  const Input input = random_input();
  std::array<Net, thread_count> nets{original, original, original, original};
  in_threads([&](int thread) {
    Net& net = nets[static_cast<std::size_t>(thread)];
    net.tied = nn::Shared<nn::Linear<3, 3>>(*original.tied);  // which copies of a user's module refer to
    net.model[5_c].eval();
    (void)nn::Dropout<>{}(nn::Variable{ones()});
    tenon::optim::Adam optimizer{net, {.lr = 0.01}};
    for (int i = 0; i < repetitions; ++i) {
      optimizer.zero_grad();
      nn::MSELoss<>{}(net(nn::Variable{input}), ones()).backward();
      optimizer.step();
    }
  });
  for (Net& net : nets)
    check(net.eval()(input) == nets[0].eval()(input), "the same training in every thread gives the same model");
}

/// Records that go from thread to thread.
void hand_over_a_record() {
  nn::Linear<3, 3> layer;
  nn::Variable<Output> y(Output{});
  std::thread([&] { y = layer(nn::Variable{ones()}); }).join();
  y.backward(ones());
  check(layer.bias.grad()(0) == 2, "a record of another thread");

  // h = 2x is recorded after much else; y = relu(h) + (h + h) by a thread that has recorded nothing yet.
  const nn::Variable x{ones(), nn::requires_grad};
  for (int i = 0; i < 100; ++i) (void)(x + x);
  const auto h = x + x;
  std::thread([&h] { (nn::functional::relu(h) + (h + h)).backward(ones()); }).join();
  check(x.grad()(0, 0) == 6, "a record that goes on in another thread");
}

}  // namespace

int main() {
  record_one_model();
  call_on_tensors();
  train_copies();
  hand_over_a_record();
  std::puts("ok");
}
