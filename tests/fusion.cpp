// What `compile` makes of a graph: every edge has the eager model's values, whatever was folded into the stage before
// it.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>

#include "difference.hpp"

namespace {

namespace nn = tenon::nn;
using nn::functional::relu;
using nn::functional::tanh;
using tenon::cat;
using tenon::Tensor;
using tenon_test::difference;
using tenon_test::random_input;

using Image = Tensor<float, 2, 3, 4, 5>;
using Row = Tensor<float, 2, 5>;
template <tenon::index_t In, tenon::index_t Out, class T = float>
using Conv = nn::Conv2d<In, Out, nn::kernel_size<1>, nn::dtype<T>>;
using Norm = nn::BatchNorm2d<17>;

/// The difference between the compiled and the eager model in evaluation mode, its running statistics and affine
/// parameters those of some training.
template <class Input, class Model>
double error_of_compiled(Model& model) {
  tenon::manual_seed(3);
  nn::for_each_parameter(model,
                         [](const std::string&, auto& parameter) { tenon::fill_uniform(parameter.data(), 0.7); });
  const Input x = random_input<Input>();
  model.train();
  for (int warm = 0; warm < 3; ++warm) (void)model(x);
  model.eval();
  auto net = tenon::compile<Input>(model);
  (void)net(random_input<Input>());  // what an earlier call leaves behind does not matter
  return difference(net(x), model(x));
}
template <class Input, class Model>
double error_of_compiled() {
  Model model;
  return error_of_compiled<Input>(model);
}
constexpr double tolerance = 1e-5;

/// The plan made when the net is built.
template <class Input, class Model>
tenon::plan::Plan plan_of(const Model& model) {
  return tenon::plan::with_plan<tenon::cpu::Backend, Input>(
      model, [](const tenon::plan::Graph&, const tenon::plan::Plan& plan, auto) { return plan; });
}
template <class Input, class Model>
std::size_t stages_of() {
  return plan_of<Input>(Model{}).stages.list.size();
}

// ---- users' modules: any edge may be read again after something was folded into the stage that makes it

struct ReadTwice : nn::Module<ReadTwice> {
  BOOST_HANA_DEFINE_STRUCT(ReadTwice, (Conv<3, 17>, conv));
  auto forward(const auto& x) {
    auto y = conv(x);
    return relu(y) + y;
  }
};
struct TwoActivations : nn::Module<TwoActivations> {
  BOOST_HANA_DEFINE_STRUCT(TwoActivations, (nn::Linear<5, 3>, fc));
  auto forward(const auto& x) {
    auto y = fc(x);
    auto a = relu(y);
    auto b = tanh(y);
    return tanh(a) + b + (a + y);
  }
};
// The last edges of a folded chain are read before the first ones.
struct ReadBackwards : nn::Module<ReadBackwards> {
  BOOST_HANA_DEFINE_STRUCT(ReadBackwards, (Conv<3, 17>, conv), (Norm, norm));
  auto forward(const auto& x) {
    auto y = conv(x);
    auto normal = norm(y);
    auto active = relu(normal);
    auto twice = active + normal;
    return twice + y;
  }
};
// A chain's result, which nothing in the chain reads again, may be read again outside.
struct ChainReadTwice : nn::Module<ChainReadTwice> {
  using Chain = nn::Sequential<nn::Linear<5, 3>, nn::Dropout<>>;
  BOOST_HANA_DEFINE_STRUCT(ChainReadTwice, (Chain, chain));
  auto forward(const auto& x) {
    auto y = chain(x);
    return relu(y) + tanh(y);
  }
};
struct PooledReadTwice : nn::Module<PooledReadTwice> {
  using Pool = nn::MaxPool2d<nn::kernel_size<2>>;
  BOOST_HANA_DEFINE_STRUCT(PooledReadTwice, (Conv<3, 2>, conv), (Pool, pool), (nn::Flatten<>, flatten),
                           (nn::Linear<8, 3>, fc), (nn::Linear<40, 3>, all));
  auto forward(const auto& x) {
    auto y = relu(conv(x));
    return fc(flatten(pool(y))) + all(flatten(y));
  }
};
struct Unused : nn::Module<Unused> {
  BOOST_HANA_DEFINE_STRUCT(Unused, (nn::Linear<5, 3>, used), (nn::Linear<5, 4>, unused));
  auto forward(const auto& x) {
    [[maybe_unused]] auto y = unused(x);
    return used(x);
  }
};
struct SkipsAndWeightsTwice : nn::Module<SkipsAndWeightsTwice> {
  BOOST_HANA_DEFINE_STRUCT(SkipsAndWeightsTwice, (nn::Linear<5, 5>, fc));
  auto forward(const auto& x) {
    auto once = fc(x) + x;
    auto twice = fc(once) + once;
    return tenon::reshape<2, 1, 5>(twice + x);
  }
};

BOOST_AUTO_TEST_CASE(edges_can_be_read_again) {
  BOOST_TEST((error_of_compiled<Image, ReadTwice>()) < tolerance);
  BOOST_TEST((error_of_compiled<Row, TwoActivations>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, ReadBackwards>()) < tolerance);
  BOOST_TEST((error_of_compiled<Row, ChainReadTwice>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, PooledReadTwice>()) < tolerance);
  BOOST_TEST((error_of_compiled<Row, SkipsAndWeightsTwice>()) < tolerance);
}

BOOST_AUTO_TEST_CASE(what_nothing_reads_is_left_out) {
  BOOST_TEST((error_of_compiled<Row, Unused>()) < tolerance);
  BOOST_TEST((stages_of<Row, Unused>()) == 1u);
}

// ---- edges in edges: what cat puts together, and parts

using Picture = Tensor<float, 1, 3, 4, 5>;

// Operands of cat are folded into, or read again, before and after it.
struct JoinedThenFolded : nn::Module<JoinedThenFolded> {
  BOOST_HANA_DEFINE_STRUCT(JoinedThenFolded, (Conv<3, 16>, a), (Conv<3, 17>, b));
  auto forward(const auto& x) {
    auto y = a(x);
    auto z = b(x);
    auto joined = cat<1>(y, z);
    auto active = relu(y);
    auto normal = relu(joined);
    return cat<1>(normal, tanh(z), active);
  }
};
struct FoldedThenJoined : nn::Module<FoldedThenJoined> {
  BOOST_HANA_DEFINE_STRUCT(FoldedThenJoined, (Conv<3, 16>, a), (Conv<3, 17>, b), (Norm, norm));
  auto forward(const auto& x) {
    auto z = b(x);
    auto y = a(x);
    auto normal = norm(z);
    auto active = relu(y);
    return cat<1>(relu(normal), cat<1>(y, z), active, normal);
  }
};
// One edge in two places, what is in another already, an input.
struct JoinedTwice : nn::Module<JoinedTwice> {
  BOOST_HANA_DEFINE_STRUCT(JoinedTwice, (nn::Linear<16, 16>, a), (nn::Linear<16, 16>, b));
  auto forward(const auto& x) {
    auto y = a(x);
    auto z = b(y);
    auto once = cat<0>(y, z, y, x);
    auto unused = cat<0>(z, y);
    auto twice = cat<0>(unused, once, once, x);
    (void)cat<0>(twice, b(x));
    return twice;
  }
};
// The result is a part of something larger, of the input, or a constant.
template <int Case>
struct Part : nn::Module<Part<Case>> {
  BOOST_HANA_DEFINE_STRUCT(Part, (nn::Linear<16, 16>, a), (nn::Parameter<Tensor<float, 2, 16>>, p));
  auto forward(const auto& x) {
    auto y = a(x);
    auto whole = cat<0>(y, tanh(y));
    if constexpr (Case == 0)
      return y;
    else if constexpr (Case == 1)
      return whole[3];
    else if constexpr (Case == 2)
      return x[1];
    else if constexpr (Case == 3)
      return p[0] * p[1] + x[0];
    else
      return cat<0>(x[1], x[0], whole[0], whole[3], x[0]);
  }
};

BOOST_AUTO_TEST_CASE(edges_lie_in_edges) {
  BOOST_TEST((error_of_compiled<Image, JoinedThenFolded>()) < tolerance);
  BOOST_TEST((error_of_compiled<Picture, JoinedThenFolded>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, FoldedThenJoined>()) < tolerance);
  BOOST_TEST((error_of_compiled<Picture, FoldedThenJoined>()) < tolerance);
  using Rows = Tensor<float, 2, 16>;
  BOOST_TEST((error_of_compiled<Rows, JoinedTwice>()) < tolerance);
  BOOST_TEST((error_of_compiled<Rows, Part<0>>()) < tolerance);
  BOOST_TEST((error_of_compiled<Rows, Part<1>>()) < tolerance);
  BOOST_TEST((error_of_compiled<Rows, Part<2>>()) < tolerance);
  BOOST_TEST((error_of_compiled<Rows, Part<3>>()) < tolerance);
  BOOST_TEST((error_of_compiled<Rows, Part<4>>()) < tolerance);
  // Of an odd number of channels; joined again, and read by a convolution.
  using Odd = nn::Concat<Conv<3, 7>, nn::Identity, Conv<3, 16>>;
  BOOST_TEST((error_of_compiled<Picture, nn::Sequential<Odd, nn::Tanh>>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, nn::Sequential<nn::Concat<Conv<3, 32>, Odd>, Conv<58, 2>>>()) < tolerance);
  // For one image two convolutions write the result's blocks; for two images the blocks are copied.
  using Branches = nn::Concat<Conv<3, 32>, Conv<3, 17>>;
  BOOST_TEST((stages_of<Picture, Branches>()) == 3u);  // the last brings the blocks into the output's order
  BOOST_TEST((stages_of<Image, Branches>()) == 5u);
  BOOST_TEST((stages_of<Picture, nn::Sequential<Branches, nn::Flatten<>, nn::Linear<980, 2>>>()) == 3u);
}

BOOST_AUTO_TEST_CASE(sums_take_in_activations) {
  using Block = nn::Sequential<nn::Linear<5, 5>, nn::Residual<nn::Linear<5, 5>>, nn::ReLU, nn::Tanh>;
  BOOST_TEST((error_of_compiled<Row, Block>()) < tolerance);
  BOOST_TEST((stages_of<Row, Block>()) == 2u);  // the second Linear also adds
}

BOOST_AUTO_TEST_CASE(modules_in_modules) {
  using Inner = nn::Sequential<nn::Tanh, nn::Sequential<nn::Sequential<>, nn::Linear<3, 5>>, nn::Identity>;
  BOOST_TEST((error_of_compiled<Row, nn::Sequential<TwoActivations, Inner, ChainReadTwice>>()) < tolerance);
  using Shortcut = nn::Residual<nn::Sequential<nn::Linear<5, 4>, nn::ReLU, nn::Linear<4, 3>>, nn::Linear<5, 3>>;
  BOOST_TEST((error_of_compiled<Row, nn::Sequential<nn::Residual<nn::Identity>, Shortcut, nn::Tanh>>()) < tolerance);
  // Added in one layout, whatever the layouts of the two are: blocked and plain.
  BOOST_TEST((error_of_compiled<Image, nn::Sequential<nn::Residual<Conv<3, 17>, nn::Residual<Conv<3, 17>, Conv<3, 17>>>,
                                                      nn::Flatten<>, nn::Linear<340, 3>>>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, nn::Residual<nn::Sequential<Conv<3, 17>, Conv<17, 3>>>>()) < tolerance);
}

BOOST_AUTO_TEST_CASE(batch_normalization_in_every_position) {
  using Plain = nn::BatchNorm2d<3>;
  using Folded = nn::Sequential<Conv<3, 17>, Norm, nn::ReLU>;
  using AfterActivation = nn::Sequential<Conv<3, 17>, nn::ReLU, Norm>;
  using Twice = nn::Sequential<Conv<3, 17>, Norm, Norm, nn::ReLU>;
  using First = nn::Sequential<Plain, Conv<3, 17>>;
  BOOST_TEST((error_of_compiled<Image, Folded>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, AfterActivation>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, Twice>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, First>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, nn::Sequential<nn::BatchNorm2d<3, nn::affine<false>>>>()) < tolerance);
  // One stage, and one that brings the blocked image into the output's order.
  BOOST_TEST((stages_of<Image, Folded>()) == 2u);
  BOOST_TEST((stages_of<Image, AfterActivation>()) == 3u);
}

BOOST_AUTO_TEST_CASE(batch_normalization_of_other_ranks) {
  using Sound = Tensor<float, 2, 3, 5>;
  using Volume = Tensor<float, 2, 3, 2, 3, 4>;
  using Conv1d = nn::Sequential<nn::Conv1d<3, 17, nn::kernel_size<2>>, nn::BatchNorm1d<17>, nn::ReLU>;
  using Conv3d = nn::Sequential<nn::Conv3d<3, 5, nn::kernel_size<2>>, nn::BatchNorm3d<5>, nn::ReLU>;
  using Features = nn::Sequential<nn::Linear<5, 7>, nn::BatchNorm1d<7>, nn::ReLU>;
  BOOST_TEST((error_of_compiled<Sound, Conv1d>()) < tolerance);
  BOOST_TEST((error_of_compiled<Volume, Conv3d>()) < tolerance);
  BOOST_TEST((error_of_compiled<Row, Features>()) < tolerance);
  BOOST_TEST((stages_of<Sound, Conv1d>()) == 2u);
  BOOST_TEST((stages_of<Volume, Conv3d>()) == 1u);
  BOOST_TEST((stages_of<Row, Features>()) == 1u);
  // The channels of the normalization are not the features of the Linear, though as many. The activation is taken in.
  using Channels = nn::Sequential<nn::Linear<5, 3>, nn::BatchNorm1d<3>, nn::ReLU>;
  BOOST_TEST((error_of_compiled<Sound, Channels>()) < tolerance);
  BOOST_TEST((stages_of<Sound, Channels>()) == 2u);
  BOOST_TEST((error_of_compiled<Row, nn::Sequential<nn::BatchNorm1d<5>, nn::ReLU>>()) < tolerance);
  BOOST_TEST((stages_of<Row, nn::Sequential<nn::BatchNorm1d<5>, nn::ReLU>>()) == 1u);
}

BOOST_AUTO_TEST_CASE(group_normalization) {
  // In the layout of the convolution before; groups are parts of a vector, several vectors, both, and single channels.
  using Parts = nn::Sequential<Conv<3, 18>, nn::GroupNorm<6, 18>, nn::Tanh>;
  using All = nn::Sequential<Conv<3, 33>, nn::GroupNorm<1, 33>, nn::Sigmoid>;
  using Across = nn::Sequential<Conv<3, 38>, nn::GroupNorm<2, 38>, Conv<38, 3>>;
  using Single = nn::Sequential<Conv<3, 17>, nn::InstanceNorm2d<17>, nn::ReLU>;
  using Elements = nn::Sequential<Conv<3, 17>, nn::LayerNorm<nn::normalized_shape<17, 4, 5>>>;
  using Rows = nn::Sequential<nn::Linear<5, 7>, nn::LayerNorm<nn::normalized_shape<7>>, nn::ReLU, nn::Linear<7, 3>>;
  BOOST_TEST((error_of_compiled<Image, Parts>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, All>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, Across>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, Single>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, Elements>()) < tolerance);
  BOOST_TEST((error_of_compiled<Row, Rows>()) < tolerance);
  // The convolution, the normalization with its activation, and one stage for the output's order.
  BOOST_TEST((stages_of<Image, Parts>()) == 3u);
  BOOST_TEST((stages_of<Row, Rows>()) == 3u);
}

BOOST_AUTO_TEST_CASE(flattened_images) {
  BOOST_TEST((error_of_compiled<Image, nn::Sequential<nn::Flatten<>, nn::Linear<60, 3>>>()) < tolerance);
  BOOST_TEST((error_of_compiled<Image, nn::Sequential<Conv<3, 17>, nn::Flatten<>, nn::Dropout<>>>()) < tolerance);
  BOOST_TEST(
      (error_of_compiled<Image, nn::Sequential<Conv<3, 17>, nn::Flatten<nn::start_dim<2>>, nn::Linear<20, 3>>>()) <
      tolerance);
  BOOST_TEST((error_of_compiled<Row, nn::Sequential<nn::Flatten<>>>()) == 0);
  using Split = nn::Unflatten<nn::dim<-3>, nn::unflattened_size<4, -1>>;
  BOOST_TEST((error_of_compiled<Image, nn::Sequential<Conv<3, 20>, Split, nn::Linear<5, 2>>>()) < tolerance);
}

BOOST_AUTO_TEST_CASE(double_precision) {
  nn::Sequential<Conv<3, 17, double>, nn::BatchNorm2d<17, nn::dtype<double>>, nn::ReLU, nn::Flatten<>,
                 nn::Linear<340, 3, nn::dtype<double>>>
      model;
  BOOST_TEST((error_of_compiled<Tensor<double, 2, 3, 4, 5>>(model)) < 1e-12);
}

template <class Input, class Model>
void check_sizes() {
  const auto plan = plan_of<Input>(Model{});
  using Net = decltype(tenon::compile<Input>(Model{}));
  constexpr std::size_t workspace = Net::workspace_bytes, weights = Net::weight_bytes;
  BOOST_TEST(workspace == plan.memory.workspace_bytes);
  BOOST_TEST(weights == plan.memory.weight_bytes);
}

BOOST_AUTO_TEST_CASE(the_constant_sizes_are_those_of_the_plan) {
  check_sizes<Image, nn::Sequential<Conv<3, 17>, Norm, nn::ReLU>>();
  check_sizes<Image, nn::Sequential<Conv<3, 18>, nn::GroupNorm<6, 18>, nn::ReLU>>();
  check_sizes<Picture,
              nn::Concat<Conv<3, 32>, nn::Sequential<Conv<3, 17>, nn::ReLU>, nn::Named<"same", nn::Identity>>>();
  check_sizes<Image, nn::Sequential<nn::Residual<Conv<3, 17>, nn::Residual<Conv<3, 17>, Conv<3, 17>>>, nn::Flatten<>,
                                    nn::Linear<340, 3>>>();
}

}  // namespace
