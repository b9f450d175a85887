// DataParallel against the module alone, compiled with a sanitizer: what runs in which thread is what can be wrong.
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/conv.hpp>
#include <tenon/cpu/dropout.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <tenon/cpu/normalization.hpp>
#include <tenon/cpu/pooling.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/parallel/data_parallel.hpp>
#include <thread>
#include <vector>

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  std::exit(1);
}
template <class T>
T random_tensor() {
  T x;
  tenon::fill_uniform(x, 1.0);
  return x;
}
template <class A, class B>
bool near(const A& a, const B& b) {
  for (std::size_t i = 0; i < A::size(); ++i) {
    const double x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
    if (!(std::abs(x - y) <= 1e-5 * (1 + std::abs(y)))) return false;
  }
  return true;
}
/// The elements of all parameters, and of all gradients.
template <class Model>
std::array<std::vector<float>, 2> parameters_of(Model& model) {
  std::array<std::vector<float>, 2> result;
  nn::for_each_parameter(model, [&](const std::string&, auto& parameter) {
    result[0].insert(result[0].end(), parameter.data().begin(), parameter.data().end());
    result[1].insert(result[1].end(), parameter.grad().begin(), parameter.grad().end());
  });
  return result;
}
bool near(const std::vector<float>& a, const std::vector<float>& b, double bound = 1e-5) {
  bool result = a.size() == b.size();
  for (std::size_t i = 0; i < a.size() && result; ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    result = std::abs(x - y) <= bound * (1 + std::abs(y));
  }
  return result;
}

/// Gives x when a second thread has come as well, or after a while: else one thread, which finds the
/// tasks of the others waiting, may do all of them.
struct Meet : nn::Module<Meet> {
  BOOST_HANA_DEFINE_STRUCT(Meet, (nn::Parameter<Tensor<float, 1>>, unused));
  static inline std::atomic<int> arrived = 0;
  auto forward(const auto& x) const {
    arrived.fetch_add(1, std::memory_order_relaxed);  // which orders nothing, and so hides nothing from the sanitizer
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    while (arrived.load(std::memory_order_relaxed) % 2 == 1 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    return x;
  }
};

using Cnn = nn::Sequential<nn::Conv2d<1, 3, nn::kernel_size<3>>, nn::BatchNorm2d<3>, nn::ReLU,
                           nn::MaxPool2d<nn::kernel_size<2>>, Meet, nn::Flatten<>, nn::Linear<12, 2>>;
using Images = Tensor<float, 6, 1, 6, 6>;
using Mlp = nn::Sequential<Meet, nn::Linear<4, 8>, nn::Tanh, nn::Linear<8, 2>>;
using Vectors = Tensor<float, 6, 4>;
using Labels = Tensor<float, 6, 2>;
template <class Model>
using Two = nn::DataParallel<Model, nn::device_ids<0, 1>>;
template <class Model>
using Three = nn::DataParallel<Model, nn::device_ids<2, 0, 1>, nn::output_device<2>>;

/// A call on Tensors, a recorded one, and what its backward pass gives, the input's gradient included.
template <class Parallel, class Model, class Input>
void compare(const Model& original, const Input& input) {
  Model model = original;
  Parallel parallel{original};
  const auto seed = random_tensor<Labels>();
  const Input doubled = 2 * input;
  for (int step = 0; step < 3; ++step) {  // gradients add up
    const nn::Variable x{input, nn::requires_grad}, x_parallel{input, nn::requires_grad};
    const auto y = model(2 * x), y_parallel = parallel(2 * x_parallel);
    check(near(y.data(), y_parallel.data()), "the results are one model's");
    y.backward(seed);
    y_parallel.backward(seed);
    check(near(x.grad(), x_parallel.grad()), "the gradient of the input is one model's");
    check(near(parameters_of(model)[1], parameters_of(parallel)[1]), "the gradients are one model's");
    check(near(parallel(doubled), y_parallel.data()), "Tensors give what Variables give");
    check(near(std::as_const(parallel)(doubled), y.data()), "a const one is the module");
  }
  check(parameters_of(parallel)[1] == parameters_of(parallel.module)[1], "the parameters are the module's");
}

void compare_models() {
  Cnn cnn;
  (void)cnn(random_tensor<Images>());  // running statistics
  cnn.eval();
  const Mlp mlp;
  compare<Two<Cnn>>(cnn, random_tensor<Images>());
  compare<Three<Cnn>>(cnn, random_tensor<Images>());
  compare<Two<Mlp>>(mlp, random_tensor<Vectors>());
  compare<Three<Mlp>>(mlp, random_tensor<Vectors>());
}

/// Some steps of training, from one seed.
template <class Model>
std::vector<float> trained(Model model, int steps = 8) {
  tenon::manual_seed(3);
  const auto x = random_tensor<Vectors>();
  const auto target = random_tensor<Labels>();
  tenon::optim::Adam optimizer{model, {.lr = 0.01}};
  for (int step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    nn::MSELoss<>{}(model(nn::Variable{x}), target).backward();
    optimizer.step();
  }
  return parameters_of(model)[0];
}
void train() {
  const Mlp mlp;
  check(near(trained(mlp), trained(Two<Mlp>{mlp}), 1e-4), "training on two devices is one model's");
  check(near(trained(mlp), trained(Three<Mlp>{mlp}), 1e-4), "training on three devices is one model's");
  check(trained(Three<Mlp>{mlp}) == trained(Three<Mlp>{mlp}), "two runs give the same bits");

  const nn::Sequential<nn::Linear<4, 16>, nn::BatchNorm1d<16>, nn::Dropout<>, nn::Linear<16, 2>> random;
  const Two<std::remove_const_t<decltype(random)>> parallel{random};
  check(trained(parallel) == trained(parallel), "dropout follows from the seed");
}

void drop_elements() {
  nn::DataParallel<nn::Dropout<>, nn::device_ids<0, 1>> dropout;
  tenon::manual_seed(4);
  Tensor<float, 2, 64> x;
  x.fill(1);
  const auto first = dropout(x), second = dropout(x);
  check(!(first[0] == first[1]) && !(second[0] == second[1]), "devices draw masks of their own");
  check(!(first[1] == second[1]), "calls draw masks of their own");
  check(dropout.eval()(x) == x, "the replicas have the mode of the module");
}

void keep_running_statistics() {
  nn::BatchNorm1d<4> alone;
  nn::DataParallel<nn::BatchNorm1d<4>, nn::device_ids<0, 1>> parallel;
  const auto x = random_tensor<Vectors>();
  Tensor<float, 3, 4> part;
  std::copy_n(x.data(), part.size(), part.data());
  for (int step = 0; step < 2; ++step) {
    const auto y = alone(part);
    const auto y_parallel = parallel(nn::Variable{x});
    for (std::size_t i = 0; i < part.size(); ++i)
      check(std::abs(y.data()[i] - y_parallel.data().data()[i]) < 1e-6F, "a part is normalized by itself");
  }
  check(alone.running_mean.data() == parallel.module.running_mean.data() &&
            alone.running_var.data() == parallel.module.running_var.data(),
        "the running statistics of the first device stay");
}

/// A module of a user's: several arguments and results, one layer in two places, a number, and another axis.
struct Net : nn::Module<Net> {
  using Tied = nn::Shared<nn::Linear<3, 3>>;
  BOOST_HANA_DEFINE_STRUCT(Net, (Tied, first), (Tied, second), (double, factor));
  Net() : second(first), factor(1) {}
  auto forward(const auto& x, const auto& y) {
    return std::tuple{second(nn::functional::relu(first(x))) * static_cast<float>(factor), x + y, y};
  }
};
void call_users_module() {
  Net net;
  nn::DataParallel<Net, nn::device_ids<0, 1>, nn::dim<1>> parallel{net};
  using Input = Tensor<float, 2, 4, 3>;
  const auto seed = random_tensor<Input>();
  for (int step = 0; step < 3; ++step) {
    net.factor = parallel.module.factor = 1 + step;
    const nn::Variable x{random_tensor<Input>()}, y{random_tensor<Input>(), nn::requires_grad};
    const nn::Variable same{y.data(), nn::requires_grad};
    const auto [a, b, c] = net(x, y);
    const auto [a_parallel, b_parallel, c_parallel] = parallel(x, same);
    check(near(a.data(), a_parallel.data()) && near(b.data(), b_parallel.data()), "several results");
    tenon::backward(a, seed, b, seed, c, seed);
    tenon::backward(a_parallel, seed, b_parallel, seed, c_parallel, seed);
    check(near(y.grad(), same.grad()), "the gradient of one of several arguments");
    check(near(parameters_of(net)[1], parameters_of(parallel)[1]), "the gradient of a layer in two places");
  }
}

/// Several records at once, records that nobody walks, and what happens to the model between them.
void keep_records() {
  const Mlp mlp;
  Mlp alone = mlp;
  std::optional<Two<Mlp>> parallel(mlp);
  const auto x = random_tensor<Vectors>(), other = random_tensor<Vectors>();
  const auto seed = random_tensor<Labels>();
  {
    const auto sum = alone(nn::Variable{x}) * alone(nn::Variable{other});
    sum.backward(seed);
    const auto sum_parallel = (*parallel)(nn::Variable{x}) * (*parallel)(nn::Variable{other});
    for (int i = 0; i < 3; ++i) (void)(*parallel)(nn::Variable{other});
    sum_parallel.backward(seed);
    check(near(parameters_of(alone)[1], parameters_of(*parallel)[1]), "two records of one model");
  }
  const auto y = (*parallel)(nn::Variable{x, nn::no_grad});
  check(y.state()->is_volatile() && !y.state()->wants_grad(), "no_grad records nothing");

  const auto before = (*parallel)(nn::Variable{x});
  parallel->module[3_c].weight.overwrite().fill(0);
  (void)(*parallel)(nn::Variable{x});
  bool has_thrown = false;
  try {
    before.backward(seed);
  } catch (const tenon::Error&) {
    has_thrown = true;
  }
  check(has_thrown, "a gradient that needs a value from before a change is an error");

  parallel->module[1_c].weight.requires_grad(false);
  parallel->zero_grad();
  (*parallel)(nn::Variable{x}).backward(seed);
  check(parallel->module[3_c].bias.grad()(0) != 0.0F, "other parameters have gradients");
  for (const float g : parallel->module[1_c].weight.grad()) check(g == 0, "one that wants no gradient gets none");

  Two<Mlp> moved = std::move(*parallel);
  const auto kept = moved(nn::Variable{x});
  parallel.emplace(moved);
  check((*parallel)(x) == kept.data(), "a copy computes the same");
  *parallel = Two<Mlp>{};
  check(!((*parallel)(x) == kept.data()), "what is assigned is what is computed");
  parallel.reset();
  moved.zero_grad();
  kept.backward(seed);
}

/// A module that does not take every input.
struct Fails : nn::Module<Fails> {
  BOOST_HANA_DEFINE_STRUCT(Fails, (nn::Linear<4, 2>, layer));
  auto forward(const auto& x) {
    if (x.data()(0, 0) > 0) tenon::raise("a part that is refused");
    return layer(x);
  }
};
void refuse() {
  nn::DataParallel<Fails, nn::device_ids<0, 1>> parallel;
  Vectors x;
  for (const tenon::index_t row : {0, 3}) {
    x.fill(0);
    x(row, 0) = 1;
    bool has_thrown = false;
    try {
      (void)parallel(nn::Variable{x});
    } catch (const tenon::Error& error) {
      has_thrown = std::string(error.what()).find("refused") != std::string::npos;
    }
    check(has_thrown, "an error of any device is the call's");
  }
  x.fill(1);
  int errors = 0;
  for (int i = 0; i < 500; ++i) try {
      (void)parallel(nn::Variable{x});
    } catch (const tenon::Error&) {
      ++errors;
    }
  check(errors == 500, "errors of all devices at once are one");
  x.fill(0);
  (void)parallel(x);
}

void keep_keys() {
  const Two<Mlp> parallel;
  const auto dict = parallel.state_dict();
  std::string keys;
  for (const auto& [name, tensor] : dict) keys += name + ' ';
  check(keys == "module.0.unused module.1.weight module.1.bias module.3.weight module.3.bias ",
        "the keys are PyTorch's");
}

}  // namespace

int main() {
  tenon::manual_seed(1);
  compare_models();
  train();
  drop_elements();
  keep_running_statistics();
  call_users_module();
  keep_records();
  refuse();
  keep_keys();
  std::puts("ok");
}
