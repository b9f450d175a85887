// Training that a file interrupts: saved after some steps and carried on by another process, it gives the bits that it
// gives without a stop. The program calls itself; with TENON_TEST_DEVICE the model is on the device.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/loss.hpp>
#include <tenon/io/safetensors.hpp>
#include <tenon/nn/functional.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/optim/rmsprop.hpp>
#include <tenon/optim/schedulers.hpp>
#include <tenon/optim/sgd.hpp>
#if defined(TENON_TEST_DEVICE)
#include <tenon/cuda/cuda.hpp>
#endif

namespace {

namespace nn = tenon::nn;
namespace optim = tenon::optim;
using tenon::Tensor;

constexpr int case_count = 6, saved_after = 5, last_step = 12;

template <class T = float>
struct Model : nn::Module<Model<T>> {
  using Body = nn::Linear<3, 9, nn::dtype<T>>;
  using Head = nn::Linear<9, 2, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Model, (Body, body), (Head, head), (Head, early));
};

#if defined(TENON_TEST_DEVICE)
auto placed(const Model<>& model) { return model.cuda(0); }
auto placed(const auto& x) { return tenon::cuda::copy(x); }
#else
auto placed(const auto& x) { return x; }
#endif

/// The steps from `first` to before `last`. The head `early` has gradients in the first ones only: then momentum and
/// weight decay move it on.
void train(auto& model, auto& optimizer, auto& schedule, int first, int last) {
  nn::MSELoss<> criterion;
  for (int step = first; step < last; ++step) {
    tenon::manual_seed(static_cast<std::uint64_t>(step));
    Tensor<float, 4, 3> x;
    tenon::fill_uniform(x, 1.0);
    const auto target = placed(Tensor<float, 4, 2>{});
    optimizer.zero_grad();
    const auto hidden = nn::functional::tanh(model.body(nn::Variable{placed(x)}));
    auto loss = criterion(model.head(hidden), target);
    if (step < saved_after)
      (loss + criterion(model.early(hidden), target)).backward();
    else
      loss.backward();
    optimizer.step();
    if constexpr (requires { schedule.step(1.0); })
      schedule.step(static_cast<double>(loss.item()));
    else
      schedule.step();
  }
}

/// Calls `f(model, optimizer, schedule)` with those of case `number`.
void with_case(int number, const auto& f) {
  auto model = placed(Model<>{});
  const auto call = [&](auto&& optimizer, const auto& make_schedule) {
    auto schedule = make_schedule(optimizer);
    f(model, optimizer, schedule);
  };
  if (number == 0)
    call(optim::SGD{model, {.lr = 0.1, .momentum = 0.9, .dampening = 0.2, .weight_decay = 0.01}},
         [](auto& o) { return optim::StepLR{o, {.step_size = 4, .gamma = 0.5}}; });
  if (number == 1)
    call(optim::SGD{{.momentum = 0.9, .nesterov = true},
                    nn::group(model.body, {.lr = 0.1}),
                    nn::group(model.head, {.lr = 0.05}),
                    nn::group(model.early, {.lr = 0.05, .weight_decay = 0.1})},
         [](auto& o) { return optim::CosineAnnealingLR{o, {.T_max = 9, .eta_min = 0.01}}; });
  if (number == 2)
    call(optim::Adam{model, {.lr = 0.1}},
         [](auto& o) { return optim::OneCycleLR{o, {.max_lr = 0.2, .total_steps = last_step}}; });
  if (number == 3)
    call(optim::AdamW{nn::group(model.body, {.lr = 0.1, .betas = {0.8, 0.95}}), nn::group(model.head, {.lr = 0.05})},
         [](auto& o) { return optim::LinearLR{o, {.total_iters = 8}}; });
  if (number == 4)
    call(optim::RMSprop{model, {.lr = 0.01, .weight_decay = 0.01, .momentum = 0.9, .centered = true}},
         [](auto& o) { return optim::ReduceLROnPlateau{o, {.patience = 1, .threshold = 0.2, .cooldown = 1}}; });
  if (number == 5)
    call(optim::Adam{model.parameters(), {.lr = 0.1, .weight_decay = 0.01}},
         [](auto& o) { return optim::StepLR{o, {.step_size = 3}}; });
}

void save(const std::string& path, const auto& model, const auto& optimizer, const auto& schedule) {
  tenon::StateDict all = model.state_dict().prefixed("model.");
  all.merge(optimizer.state_dict().prefixed("optimizer."));
  all.merge(schedule.state_dict().prefixed("schedule."));
  tenon::io::save_safetensors(path, all);
}
void load(const std::string& path, auto& model, auto& optimizer, auto& schedule) {
  const tenon::StateDict all = tenon::io::load_safetensors(path);
  model.load_state_dict(all.subset("model."));
  optimizer.load_state_dict(all.subset("optimizer."));
  schedule.load_state_dict(all.subset("schedule."));
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Trains without a stop, saves in the middle, and has another process go on from there.
bool check(int number, const std::string& program) {
  const std::string path = program + "." + std::to_string(number);
  const std::string halfway = path + ".halfway", whole = path + ".whole", resumed = path + ".resumed";
  tenon::manual_seed(1);
  with_case(number, [&](auto& model, auto& optimizer, auto& schedule) {
    train(model, optimizer, schedule, 0, saved_after);
    save(halfway, model, optimizer, schedule);
    train(model, optimizer, schedule, saved_after, last_step);
    save(whole, model, optimizer, schedule);
  });
  const std::string command =
      '"' + program + "\" " + std::to_string(number) + " \"" + halfway + "\" \"" + resumed + '"';
  const bool ran = std::system(command.c_str()) == 0;
  const bool same = ran && bytes_of(whole) == bytes_of(resumed) && bytes_of(whole) != bytes_of(halfway);
  if (!same) std::printf("failed: case %d\n", number);
  for (const std::string& file : {halfway, whole, resumed}) std::filesystem::remove(file);
  return same;
}

void resume(int number, const std::string& from, const std::string& to) {
  tenon::manual_seed(2);  // other parameters, which the file replaces
  with_case(number, [&](auto& model, auto& optimizer, auto& schedule) {
    load(from, model, optimizer, schedule);
    train(model, optimizer, schedule, saved_after, last_step);
    save(to, model, optimizer, schedule);
  });
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count == 4) {
    resume(std::atoi(arguments[1]), arguments[2], arguments[3]);
    return 0;
  }
  bool passed = true;
  for (int number = 0; number < case_count; ++number) passed = check(number, arguments[0]) && passed;
  std::puts(passed ? "ok" : "failed");
  return passed ? 0 : 1;
}
