// Groups of an optimiser's parameters, each with options and learning rates of its own. The numbers are those of
// PyTorch 1.13: four steps in double, options as written here.
#include <boost/test/unit_test.hpp>
#include <string_view>
#include <tenon/cpu/linear.hpp>
#include <tenon/nn/sequential.hpp>
#include <tenon/nn/shared.hpp>
#include <tenon/optim/adam.hpp>
#include <tenon/optim/rmsprop.hpp>
#include <tenon/optim/schedulers.hpp>
#include <tenon/optim/sgd.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
namespace optim = tenon::optim;
using namespace tenon::literals;
using tenon::Tensor;
using list = std::vector<double>;

void compare(const list& found, const list& wanted) {
  BOOST_TEST_REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    BOOST_TEST(std::abs(found[i] - wanted[i]) <= 1e-12 * (1 + std::abs(wanted[i])),
               "element " << i << ": " << found[i] << ", wanted " << wanted[i]);
}
auto says(std::string_view text) {
  return [text](const tenon::Error& error) { return std::string_view(error.what()).find(text) != std::string::npos; };
}

struct Model : nn::Module<Model> {
  using A = nn::Linear<3, 1, nn::bias<false>, nn::dtype<double>>;
  using B = nn::Linear<2, 1, nn::bias<false>, nn::dtype<double>>;
  BOOST_HANA_DEFINE_STRUCT(Model, (A, a), (B, b));
  Model() {
    a.weight.data() = Tensor<double, 1, 3>::from({0.5, -1, 2});
    b.weight.data() = Tensor<double, 1, 2>::from({-0.25, 1.5});
  }
};

void take_steps(Model& model, auto& optimizer) {
  const std::array gradients_of_a{
      Tensor<double, 1, 3>::from({0.1, -0.2, 0.3}), Tensor<double, 1, 3>::from({0.2, 0.1, -0.4}),
      Tensor<double, 1, 3>::from({-0.3, 0.5, 0.25}), Tensor<double, 1, 3>::from({0.05, -0.6, 0.7})};
  const std::array gradients_of_b{Tensor<double, 1, 2>::from({0.4, 0.2}), Tensor<double, 1, 2>::from({-0.1, 0.3}),
                                  Tensor<double, 1, 2>::from({0.2, -0.5}), Tensor<double, 1, 2>::from({0.6, 0.1})};
  for (std::size_t step = 0; step < gradients_of_a.size(); ++step) {
    optimizer.zero_grad();
    model.a.weight.grad() = gradients_of_a[step];
    model.b.weight.grad() = gradients_of_b[step];
    optimizer.step();
  }
}
list numbers(const auto& parameter) { return {parameter.data().begin(), parameter.data().end()}; }

BOOST_AUTO_TEST_CASE(each_group_has_its_options_and_the_defaults_for_others) {
  Model model;
  optim::SGD optimizer{{.lr = 1e-3, .momentum = 0.9, .dampening = 0.3},
                       nn::group(model.a, {.lr = 0.1}),
                       nn::group(model.b, {.lr = 0.02, .momentum = 0, .weight_decay = 0.3})};
  take_steps(model, optimizer);
  compare(numbers(model.a.weight), {0.46407, -0.97469, 1.8904599999999998});
  compare(numbers(model.b.weight), {-0.26591057459600004, 1.462406058808});
}

BOOST_AUTO_TEST_CASE(adam) {
  Model model;
  optim::Adam optimizer{nn::group(model.a, {.lr = 0.1, .betas = {0.8, 0.95}}),
                        nn::group(model.b, {.eps = 1e-3, .weight_decay = 0.1})};
  take_steps(model, optimizer);
  compare(numbers(model.a.weight), {0.3185122156360396, -0.9168680214436395, 1.8502524908234022});
  compare(numbers(model.b.weight), {-0.2526640445520502, 1.4972341805241165});
}

BOOST_AUTO_TEST_CASE(adamw) {
  Model model;
  optim::AdamW optimizer{nn::group(model.a, {.lr = 0.1, .weight_decay = 0}), nn::group(model.b, {.lr = 0.05})};
  take_steps(model, optimizer);
  compare(numbers(model.a.weight), {0.3078463286020575, -0.9079221966950175, 1.8509480230278288});
  compare(numbers(model.b.weight), {-0.39127636862345405, 1.3993022604827245});
}

BOOST_AUTO_TEST_CASE(rmsprop) {
  Model model;
  optim::RMSprop optimizer{nn::group(model.a, {.lr = 0.05, .alpha = 0.9, .centered = true}),
                           nn::group(model.b, {.lr = 0.02, .momentum = 0.5, .weight_decay = 0.1})};
  take_steps(model, optimizer);
  compare(numbers(model.a.weight), {0.2834519492433595, -0.9381445884824293, 1.752810921553133});
  compare(numbers(model.b.weight), {-0.7630124724848486, 0.9703215991616394});
}

BOOST_AUTO_TEST_CASE(options_are_read_and_changed_by_group) {
  Model model;
  optim::SGD optimizer{nn::group(model.a, {.lr = 0.5}), nn::group(model.b.parameters(), {.lr = 0.25})};
  BOOST_TEST(optimizer.groups().size() == 2u);
  BOOST_TEST(optimizer.group(0).options().lr == 0.5);
  optimizer.group(1).options().lr = 1;
  model.a.weight.grad().fill(1);
  model.b.weight.grad().fill(1);
  optimizer.step();
  compare(numbers(model.a.weight), {0, -1.5, 1.5});
  compare(numbers(model.b.weight), {-1.25, 0.5});
  BOOST_CHECK_EXCEPTION(optimizer.options(), tenon::Error, says("options() of an optimiser of 2 groups"));
  BOOST_CHECK_EXCEPTION(optimizer.group(2), tenon::Error, says("wanted group 2, found 2 groups"));
  optim::SGD of_one{nn::group(model.a, {.lr = 0.5})};
  BOOST_TEST(of_one.options().lr == 0.5);
}

BOOST_AUTO_TEST_CASE(wrong_groups) {
  Model model;
  BOOST_CHECK_EXCEPTION((optim::SGD{nn::group(model.a, {.betas = {0.8, 0.95}})}), tenon::Error,
                        says("SGD: a group has the option betas, which this optimiser lacks"));
  BOOST_CHECK_THROW((optim::Adam{nn::group(model.a, {.momentum = 0.9})}), tenon::Error);
  BOOST_CHECK_THROW((optim::SGD{nn::group(model.a), nn::group(model.b, {.nesterov = true})}), tenon::Error);
  BOOST_CHECK_EXCEPTION((optim::SGD{nn::group(model), nn::group(model.b, {.lr = 1})}), tenon::Error,
                        says("SGD: the parameter \"b.weight\" is in group 0 and in group 1"));
  nn::Sequential<nn::Shared<Model::A>, Model::B> tied;
  auto other = tied;  // shares nothing
  optim::SGD{nn::group(tied), nn::group(other)};
  nn::Shared<Model::A> also = tied[0_c];
  BOOST_CHECK_THROW((optim::SGD{nn::group(tied), nn::group(also)}), tenon::Error);
}

// ---- schedules

/// The learning rates of two groups that begin with 0.1 and 0.02, and the momentum of the second.
template <template <class> class Schedule, class Options>
list rates(const Options& options, const list& metrics) {
  Model model;
  optim::SGD optimizer{{.momentum = 0.9}, nn::group(model.a, {.lr = 0.1}), nn::group(model.b, {.lr = 0.02})};
  Schedule<optim::SGD> schedule{optimizer, options};
  list found;
  const auto note = [&] {
    const auto& second = optimizer.group(1).options();
    found.insert(found.end(), {optimizer.group(0).options().lr, second.lr, second.momentum});
  };
  note();
  for (const double metric : metrics) {
    if constexpr (requires { schedule.step(metric); })
      schedule.step(metric);
    else
      schedule.step();
    note();
  }
  return found;
}
const list four{1.0, 1.1, 1.2, 1.3};

BOOST_AUTO_TEST_CASE(schedules_have_a_rate_for_each_group) {
  compare(rates<optim::StepLR>(optim::StepLROptions{.step_size = 2, .gamma = 0.5}, four),
          {0.1, 0.02, 0.9, 0.1, 0.02, 0.9, 0.05, 0.01, 0.9, 0.05, 0.01, 0.9, 0.025, 0.005, 0.9});
  compare(rates<optim::CosineAnnealingLR>(optim::CosineAnnealingLROptions{.T_max = 5, .eta_min = 0.01}, four),
          {0.1, 0.02, 0.9, 0.09140576474687263, 0.019045084971874737, 0.9, 0.06890576474687263, 0.016545084971874735,
           0.9, 0.04109423525312736, 0.013454915028125262, 0.9, 0.018594235253127367, 0.010954915028125263, 0.9});
  compare(rates<optim::LinearLR>(optim::LinearLROptions{.start_factor = 0.25, .total_iters = 4}, four),
          {0.025, 0.005, 0.9, 0.04375, 0.00875, 0.9, 0.0625, 0.0125, 0.9, 0.08125, 0.01625, 0.9, 0.1, 0.02, 0.9});
  compare(rates<optim::OneCycleLR>(optim::OneCycleLROptions{.max_lr = 0.4, .total_steps = 6}, four),
          {0.016, 0.016, 0.95, 0.39776617418036475, 0.39776617418036475, 0.8505584586887436, 0.3246982615799052,
           0.3246982615799052, 0.8688255099070633, 0.18505484106679002, 0.18505484106679002, 0.9037365046793212,
           0.05339101207553224, 0.05339101207553224, 0.9366525935914912});
  compare(rates<optim::ReduceLROnPlateau>(
              optim::ReduceLROnPlateauOptions{.factor = 0.5, .patience = 0, .min_lr = 0.008}, four),
          {0.1, 0.02, 0.9, 0.1, 0.02, 0.9, 0.05, 0.01, 0.9, 0.025, 0.008, 0.9, 0.0125, 0.008, 0.9});
}

}  // namespace
