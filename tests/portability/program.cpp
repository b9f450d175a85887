// A program of a user's: it trains, compiles, computes losses in float and double, saves and loads. What it computes is
// compared with what is known of it, so that it fails on a target where the library computes something else.
//
// Compiled with WITHOUT_FILES where there are none, with WITHOUT_DOUBLE where there are no vectors of them.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <tenon/tenon.hpp>

#if !defined(WITHOUT_FILES)
#include <tenon/io/plan.hpp>
#include <tenon/io/safetensors.hpp>
#endif

namespace nn = tenon::nn;
using tenon::Tensor;

namespace {

int passed = 0, failed = 0;

void expect(bool condition, const char* what) {
  ++(condition ? passed : failed);
  if (!condition) std::printf("failed: %s\n", what);
}

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-12;

template <class A, class B>
bool near_each_other(const A& a, const B& b, double bound) {
  bool result = true;
  for (std::size_t i = 0; i < A::size(); ++i) {
    const double x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
    result = result && std::abs(x - y) <= bound * (1 + std::abs(y));
  }
  return result;
}
template <class T>
bool is(const T& value, double wanted) {
  return std::abs(static_cast<double>(value) - wanted) <= tolerance<T> * (1 + std::abs(wanted));
}

template <class T>
using images =
    nn::Sequential<nn::Conv2d<3, 18, nn::kernel_size<3>, nn::padding<1>, nn::dtype<T>>,
                   nn::BatchNorm2d<18, nn::dtype<T>>, nn::ReLU, nn::MaxPool2d<nn::kernel_size<2>>,
                   nn::Residual<nn::Conv2d<18, 18, nn::kernel_size<3>, nn::padding<1>, nn::groups<18>, nn::dtype<T>>>,
                   nn::Conv2d<18, 8, nn::kernel_size<1>, nn::dtype<T>>, nn::GroupNorm<2, 8, nn::dtype<T>>, nn::GELU,
                   nn::ConvTranspose2d<8, 4, nn::kernel_size<2>, nn::stride<2>, nn::dtype<T>>,
                   nn::AvgPool2d<nn::kernel_size<2>>, nn::Flatten<>, nn::Dropout<>, nn::Linear<100, 5, nn::dtype<T>>,
                   nn::LogSoftmax<nn::dim<1>>>;

template <class T>
struct Recommender : nn::Module<Recommender<T>> {
  using items_type = nn::Embedding<20, 6, nn::dtype<T>>;
  using norm_type = nn::LayerNorm<nn::normalized_shape<6>, nn::dtype<T>>;
  using score_type = nn::Linear<6, 6, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Recommender, (items_type, items), (norm_type, norm), (score_type, score));
  auto forward(const auto& indices) {
    const auto x = norm(items(indices));
    return nn::functional::sigmoid(score(x)) - x * 2;
  }
};

// Images: training lowers the loss, and the compiled net computes what the model does.
template <class T>
void train_images() {
  tenon::manual_seed(1);
  images<T> model;
  Tensor<T, 4, 3, 10, 10> x;
  tenon::fill_uniform(x, 1.0);
  const auto labels = Tensor<std::int64_t, 4>::from({0, 3, 1, 4});
  nn::NLLLoss<> criterion;
  tenon::optim::Adam optimizer{model, {.lr = 0.01}};
  model.eval();
  const double before = static_cast<double>(criterion(model(x), labels).item());
  model.train();
  for (int step = 0; step < 12; ++step) {
    model.zero_grad();
    criterion(model(nn::Variable{x}), labels).backward();
    optimizer.step();
  }
  model.eval();
  expect(static_cast<double>(criterion(model(x), labels).item()) < before, "training lowers the loss");
  auto net = tenon::compile<Tensor<T, 4, 3, 10, 10>>(model);
  expect(near_each_other(net(x), model(x), 50 * tolerance<T>), "a compiled net computes what its model does");
}

template <class T>
void train_recommender() {
  Recommender<T> model;
  const auto indices = Tensor<std::int64_t, 7>::from({0, 19, 3, 3, 8, 11, 2});
  auto net = tenon::compile<Tensor<std::int64_t, 7>>(model);
  expect(near_each_other(net(indices), model(indices), tolerance<T>), "an embedding, compiled");
  expect(net.status() == tenon::Status::ok, "status");
  tenon::optim::SGD optimizer{model, {.lr = 0.01, .momentum = 0.9, .weight_decay = 0.01}};
  Tensor<T, 7, 6> target;
  nn::SmoothL1Loss<> criterion;
  const double before = static_cast<double>(criterion(model(indices), target).item());
  for (int step = 0; step < 20; ++step) {
    model.zero_grad();
    criterion(model(nn::Variable{indices}), target).backward();
    optimizer.step();
  }
  expect(static_cast<double>(criterion(model(indices), target).item()) < before, "training a module of a user's");
}

// Hooks see a call and its gradients; a module gets further members.
template <class T>
void watch_and_extend() {
  using namespace tenon::literals;
  using Row = Tensor<T, 2, 3>;
  nn::Linear<3, 3, nn::dtype<T>> layer;
  tenon::index_t seen = 0;
  auto forward = layer.register_forward_hook([&](auto&, const tenon::AnyTensor& input, const tenon::AnyTensor& output) {
    seen += input.size() + output.size();
  });
  layer.register_backward_hook(
      [](auto&, const tenon::AnyTensor& input, std::span<const tenon::AnyTensor>) -> std::optional<tenon::AnyTensor> {
        return tenon::AnyTensor(Row(input.get<Row>() * T(2)));
      });
  nn::Variable x{Row{}, nn::requires_grad};
  Row ones;
  ones.fill(1);
  layer(x).backward(ones);
  forward.remove();
  layer(x);
  expect(seen == 12, "a forward hook sees one call");
  T column = 0;
  for (tenon::index_t o = 0; o < 3; ++o) column += layer.weight.data()(o, 1);
  expect(is(x.grad()(0, 1), 2 * static_cast<double>(column)), "a backward hook replaces the gradient");

  auto extended = layer.register_buffer("shift"_n, Row{}).add_module("norm"_n, nn::InstanceNorm1d<3, nn::dtype<T>>{});
  expect(extended.state_dict().contains("shift") && near_each_other(extended(ones), layer(ones), 0), "further members");
  int modules = 0;
  nn::for_each_module(extended, [&](const auto&, const auto&) { ++modules; });
  expect(modules == 2, "a walk over modules");

  nn::InstanceNorm2d<2, nn::track_running_stats<true>, nn::dtype<T>> norm;
  Tensor<T, 1, 2, 2, 2> image;
  for (std::size_t i = 0; i < 8; ++i) image.data()[i] = static_cast<T>(i);
  norm(image);
  // 0.9 * 0 + 0.1 * 1.5 and 0.9 * 1 + 0.1 * 5 / 3
  expect(is(norm.running_mean.data()(0), 0.15) && is(norm.running_var.data()(1), 0.9 + 0.5 / 3), "running statistics");
}

// Sequences, of which the second one is shorter.
template <class T>
void train_on_sequences() {
  nn::LSTM<2, 5, nn::num_layers<2>, nn::bidirectional<true>, nn::dtype<T>> lstm;
  Tensor<T, 4, 2, 2> x;
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i % 5) - 2;
  auto net = tenon::compile<Tensor<T, 4, 2, 2>>(lstm);
  const auto wanted = lstm(x);
  expect(near_each_other(std::get<0>(net(x)), std::get<0>(wanted), tolerance<T>), "an LSTM, compiled");
  const auto packed = nn::utils::rnn::pack_padded_sequence(nn::Variable{x}, std::array{4, 3});
  const auto [rows, hidden, memory] = lstm(packed);
  const auto [padded, lengths] = nn::utils::rnn::pad_packed_sequence(rows);
  expect(is(padded.data()(0, 0, 0), static_cast<double>(std::get<0>(wanted)(0, 0, 0))), "a packed sequence");
  expect(is(padded.data()(3, 1, 0), 0) && lengths[1] == 3, "where it has ended");
  nn::MSELoss<>{}(padded, Tensor<T, 4, 2, 10>{}).backward();
  expect(nn::utils::clip_grad_norm(lstm, 1e-3) > 1e-3, "gradients through time");
}

// An optimiser of two groups and its schedule, saved in the middle of training and carried on by others.
template <class T>
void resume_training() {
  using namespace tenon::literals;
  using Model = nn::Sequential<nn::Linear<3, 4, nn::dtype<T>>, nn::Tanh, nn::Linear<4, 2, nn::dtype<T>>>;
  Model model;
  Model other;
  const auto optimizer_of = [](Model& trained) {
    return tenon::optim::AdamW{nn::group(trained[0_c], {.lr = 0.01, .betas = {0.8, 0.95}}),
                               nn::group(trained[2_c], {.lr = 0.02})};
  };
  auto optimizer = optimizer_of(model), its_optimizer = optimizer_of(other);
  tenon::optim::StepLR schedule{optimizer, {.step_size = 2}}, its_schedule{its_optimizer, {.step_size = 2}};
  const auto step = [](Model& trained, auto& by, auto& with) {
    by.zero_grad();
    nn::MSELoss<>{}(trained(nn::Variable{Tensor<T, 1, 3>::from({1, 2, 3})}), Tensor<T, 1, 2>{}).backward();
    by.step();
    with.step();
  };
  for (int i = 0; i < 3; ++i) step(model, optimizer, schedule);
  other.load_state_dict(model.state_dict());
  its_optimizer.load_state_dict(optimizer.state_dict());
  its_schedule.load_state_dict(schedule.state_dict());
  for (int i = 0; i < 3; ++i) {
    step(model, optimizer, schedule);
    step(other, its_optimizer, its_schedule);
  }
  expect(near_each_other(other[0_c].weight.data(), model[0_c].weight.data(), 0), "training that was resumed");
  expect(optimizer.group(1).options().lr < 1e-4, "the rate of a group");
}

// A net chosen at run time, through a slot.
template <class T>
void choose_a_net() {
  using Input = Tensor<T, 1, 3>;
  using Output = Tensor<T, 1, 2>;
  const nn::Linear<3, 2, nn::dtype<T>> model;
  tenon::NetSlot<Input, Output> slot;
  slot.publish(tenon::AnyNet<Input, Output>{tenon::compile<Input>(model)});
  const auto x = Input::from({1, 2, 3});
  tenon::AnyNet<Input, Output>* const now = slot.acquire();
  expect(now && near_each_other((*now)(x), model(x), tolerance<T>), "a net from a slot");
  slot.collect();
}

// Parts of a tensor, transposed, behind zeros.
template <class T>
struct Halves : nn::Module<Halves<T>> {
  BOOST_HANA_DEFINE_STRUCT(Halves);
  auto forward(const auto& x) const {
    const auto [left, right] = tenon::chunk<2, 1>(nn::ZeroPad1d<nn::padding<1, 0>>{}(x));
    return tenon::transpose<1, 2>(tenon::narrow<2, 0, 3>(left) * tenon::narrow<2, 1, 3>(right));
  }
};
template <class T>
void compute_parts() {
  Tensor<T, 2, 4, 3> x;
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i);
  Halves<T> halves;
  auto net = tenon::compile<Tensor<T, 2, 4, 3>>(halves);
  const auto y = halves(x);
  bool right = near_each_other(net(x), y, 0);
  for (tenon::index_t n = 0; n < 2; ++n)
    for (tenon::index_t c = 0; c < 2; ++c)
      for (tenon::index_t t = 0; t < 3; ++t)
        right = right &&
                is(y(n, t, c), t == 0 ? 0 : static_cast<double>(x(n, c, t - 1)) * static_cast<double>(x(n, c + 2, t)));
  expect(right, "parts of a tensor, transposed");
  expect(is(tenon::select<-1>(x, 1)(1, 3), 22), "a position along the last axis");
}

// Gradients against differences, in double; what is linear, in both.
template <class T>
void compute_gradients() {
  nn::Linear<2, 2, nn::dtype<T>> layer;
  layer.weight.data() = Tensor<T, 2, 2>::from({1, 2, 3, 4});
  layer.bias.data() = Tensor<T, 2>::from({T(0.5), T(-0.5)});
  const auto x = Tensor<T, 3, 2>::from({1, 2, 3, 4, 5, 6});
  const auto y = layer(x);
  const auto wanted = Tensor<T, 3, 2>::from({T(5.5), T(10.5), T(11.5), T(24.5), T(17.5), T(38.5)});
  expect(near_each_other(y, wanted, tolerance<T>), "Linear");
  auto loss = nn::MSELoss<nn::size_average<false>>{}(layer(nn::Variable{x}), Tensor<T, 3, 2>{});
  expect(is(loss.item(), 5.5 * 5.5 + 10.5 * 10.5 + 11.5 * 11.5 + 24.5 * 24.5 + 17.5 * 17.5 + 38.5 * 38.5), "MSELoss");
  loss.backward();
  expect(is(layer.bias.grad()(0), 2 * (5.5 + 11.5 + 17.5)), "the gradient of a bias");
  expect(is(layer.weight.grad()(1, 0), 2 * (10.5 * 1 + 24.5 * 3 + 38.5 * 5)), "the gradient of a weight");
}

template <class T, class Activation>
void compute_activation(const char* name, double (*function)(double), T bound) {
  nn::Sequential<Activation> model;
  Tensor<T, 2, 37> x;
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(static_cast<double>(i) / 4 - 9.25);
  auto net = tenon::compile<Tensor<T, 2, 37>>(model);
  const auto eager = model(x);
  const auto& compiled = net(x);
  bool right = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = function(static_cast<double>(x.data()[i]));
    right = right && std::abs(static_cast<double>(eager.data()[i]) - wanted) <= static_cast<double>(bound) &&
            std::abs(static_cast<double>(compiled.data()[i]) - wanted) <= static_cast<double>(bound);
  }
  expect(right, name);
}

template <class T>
void compute_activations() {
  constexpr T bound = static_cast<T>(10 * tolerance<T>);
  compute_activation<T, nn::Tanh>("Tanh", [](double x) { return std::tanh(x); }, bound);
  compute_activation<T, nn::Sigmoid>("Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, bound);
  compute_activation<T, nn::GELU>("GELU", [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }, bound);
  compute_activation<T, nn::ELU<>>("ELU", [](double x) { return x > 0 ? x : std::expm1(x); }, bound);
  compute_activation<T, nn::Softplus<>>("Softplus", [](double x) { return std::log1p(std::exp(x)); }, bound);
  compute_activation<T, nn::Hardswish>(
      "Hardswish", [](double x) { return x * std::fmin(std::fmax(x + 3, 0.0), 6.0) / 6; }, bound);
}

template <class T>
void compute_losses() {
  const auto x = Tensor<T, 2, 3>::from({T(0.1), T(0.5), T(-1), T(2), T(-0.25), T(0.75)});
  const auto probabilities = Tensor<T, 2, 3>::from({T(0.1), T(0.5), T(0.25), T(0.2), T(0.25), T(0.75)});
  const auto target = Tensor<T, 2, 3>::from({1, 0, 1, 0, 1, 1});
  const auto signs = Tensor<T, 2, 3>::from({1, -1, 1, -1, 1, 1});
  const auto labels = Tensor<std::int64_t, 2>::from({2, 0});
  const auto sum = [](const auto& a, const auto& b, auto f) {
    double total = 0;
    for (std::size_t i = 0; i < 6; ++i) total += f(static_cast<double>(a.data()[i]), static_cast<double>(b.data()[i]));
    return total / 6;
  };
  expect(is(nn::L1Loss<>{}(x, target).item(), sum(x, target, [](double a, double b) { return std::abs(a - b); })),
         "L1Loss");
  expect(
      is(nn::BCELoss<>{}(probabilities, target).item(),
         sum(probabilities, target, [](double a, double b) { return -(b * std::log(a) + (1 - b) * std::log(1 - a)); })),
      "BCELoss");
  expect(is(nn::BCEWithLogitsLoss<>{}(x, target).item(),
            sum(x, target, [](double a, double b) { return std::log1p(std::exp(a)) - a * b; })),
         "BCEWithLogitsLoss");
  expect(is(nn::SoftMarginLoss<>{}(x, signs).item(),
            sum(x, signs, [](double a, double b) { return std::log1p(std::exp(-a * b)); })),
         "SoftMarginLoss");
  expect(is(nn::KLDivLoss<>{}(x, probabilities).item(),
            sum(x, probabilities, [](double a, double b) { return b * (std::log(b) - a); })),
         "KLDivLoss");
  const auto row = [&](std::size_t r, std::size_t label) {
    double total = 0;
    for (std::size_t c = 0; c < 3; ++c) total += std::exp(static_cast<double>(x(r, c)));
    return std::log(total) - static_cast<double>(x(r, label));
  };
  expect(is(nn::CrossEntropyLoss<>{}(x, labels).item(), (row(0, 2) + row(1, 0)) / 2), "CrossEntropyLoss");
  const double hinge = std::fmax(0.0, 1 + 0.1 + 1) + std::fmax(0.0, 1 + 0.5 + 1) + std::fmax(0.0, 1 - 0.25 - 2) +
                       std::fmax(0.0, 1 + 0.75 - 2);
  expect(is(nn::MultiMarginLoss<>{}(x, labels).item(), hinge / 6), "MultiMarginLoss");
  nn::Softmax<nn::dim<1>> softmax;
  double total = 0;
  for (const T& p : softmax(x)) total += static_cast<double>(p);
  expect(is(static_cast<T>(total), 2), "Softmax");
}

// Tensors are xtensor expressions.
template <class T>
void compute_expressions() {
  const auto a = Tensor<T, 2, 3>::from({1, 2, 3, 4, 5, 6});
  const auto b = Tensor<T, 2, 3>::from({6, 5, 4, 3, 2, 1});
  const Tensor<T, 2, 3> c = a * b + T(1);
  expect(is(c(0, 2), 13) && is(c(1, 2), 7), "an expression of tensors");
  expect(is(a[std::vector<std::size_t>{1, 2}], 6), "an element by a vector of positions");
  expect(is(a[1][0], 4) && is(a[-1][2], 6), "a row");
  const auto both = xt::concatenate(xt::xtuple(a, b), 0);
  expect(is(both(3, 0), 3) && both.shape()[0] == 4, "xt::concatenate");
  expect(is(static_cast<T>(xt::sum(a)()), 21), "xt::sum");
}

template <class T>
void listen() {
  using Voice = nn::Sequential<nn::ZeroPad1d<nn::padding<2, 0>>, nn::Conv1d<1, 3, nn::kernel_size<3>, nn::dtype<T>>,
                               nn::Tanh, nn::AvgPool1d<nn::kernel_size<3>, nn::stride<1>>,
                               nn::ConvTranspose1d<3, 1, nn::kernel_size<2>, nn::dtype<T>>>;
  const Voice voice;
  auto stream = tenon::compile_stream<Tensor<T, 1, 1, 4>>(voice);
  const tenon::FlushDenormals guard;
  const Tensor<T, 1, 1, 4> first = stream.step(Tensor<T, 1, 1, 4>{});
  stream.step(first);
  stream.reset();
  expect(near_each_other(first, stream.step(Tensor<T, 1, 1, 4>{}), 0), "a stream after a reset");
}

#if !defined(WITHOUT_FILES)
template <class T>
void save_and_load(const char* path) {
  images<T> model, other;
  tenon::StateDict dict = model.state_dict();
  dict.metadata()["model"] = "images";
  tenon::io::save_safetensors(path, dict);
  other.load_state_dict(tenon::io::load_safetensors(path));
  expect(tenon::io::load_safetensors(path).metadata().at("model") == "images", "metadata");
  using namespace tenon::literals;
  expect(near_each_other(other[0_c].weight.data(), model[0_c].weight.data(), 0), "weights from a file");
  std::remove(path);
}
#endif

template <class T>
void compute_small() {
  compute_gradients<T>();
  compute_activations<T>();
  compute_losses<T>();
  compute_expressions<T>();
  resume_training<T>();
  choose_a_net<T>();
  compute_parts<T>();
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): an exception is a failure
int main(int argument_count, char** arguments) {
  const char* const path = argument_count > 1 ? arguments[1] : "program.safetensors";
  compute_small<float>();
  train_images<float>();
  train_on_sequences<float>();
  listen<float>();
  watch_and_extend<float>();
#if defined(WITHOUT_DOUBLE)
  train_recommender<float>();
#else
  compute_small<double>();
  train_recommender<double>();
#endif
#if !defined(WITHOUT_FILES)
  save_and_load<float>(path);
#else
  (void)path;
#endif
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
