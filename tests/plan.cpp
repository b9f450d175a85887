// What a net tells of its stages: which kernel computes each, why, and how that is drawn.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <tenon/io/plan.hpp>
#include <tenon/tenon.hpp>

namespace {

namespace nn = tenon::nn;
using tenon::Tensor;

template <tenon::index_t In, tenon::index_t Out, class... Options>
using Conv = nn::Conv2d<In, Out, nn::kernel_size<3>, nn::padding<1>, Options...>;
using Image = Tensor<float, 2, 3, 4, 5>;
using Volume = Tensor<float, 1, 3, 3, 4, 5>;
using Row = Tensor<float, 1, 5>;
using Rows = Tensor<float, 4, 5>;

template <class Input, class Model>
tenon::NetPlan::Stage stage_of(std::size_t number) {
  return tenon::compile<Input>(Model{}).plan().stages.at(number);
}
BOOST_AUTO_TEST_CASE(a_plan_says_which_kernel_and_why) {
  const auto first = stage_of<Image, Conv<3, 64>>(0);
  BOOST_TEST(first.kernel == "blocked convolution");
  BOOST_TEST(first.reason ==
             "convolution of few outputs: its outputs fill half a vector; depthwise convolution: not one kernel per "
             "channel");
  BOOST_TEST(first.flops == 2 * 27 * 64 * 40);
  BOOST_TEST(first.inputs[0].layout == "plain");
  BOOST_TEST(first.outputs[0].layout == "blocked");
  const auto few = stage_of<Image, Conv<3, 1>>(0);
  BOOST_TEST(few.kernel == "convolution of few outputs");
  BOOST_TEST(few.reason.empty());
  BOOST_TEST((stage_of<Image, nn::Sequential<Conv<3, 64>, Conv<64, 64, nn::groups<64>>>>(1).kernel) ==
             "depthwise convolution");
  BOOST_TEST((stage_of<Volume, nn::Conv3d<3, 4, nn::kernel_size<2>>>(0).kernel) == "general convolution");
  using Pooled = nn::Sequential<Conv<3, 1>, nn::ReLU, nn::MaxPool2d<nn::kernel_size<2>>>;
  const auto pooled = stage_of<Image, Pooled>(0);
  BOOST_TEST(pooled.kernel == "convolution of few outputs with pooling");
  BOOST_TEST(pooled.name == "Conv2d + ReLU + MaxPool2d");
  BOOST_TEST((stage_of<Row, nn::Linear<5, 64>>(0).kernel) == "matrix times vector");
  BOOST_TEST((stage_of<Rows, nn::Linear<5, 64>>(0).kernel) == "matrix times rows");
  BOOST_TEST((stage_of<Tensor<float, 1, 64>, nn::Linear<64, 1>>(0).kernel) == "dot products");
  using Blocks = nn::Sequential<Conv<3, 64>, nn::AvgPool2d<nn::kernel_size<2>>>;
  BOOST_TEST((stage_of<Image, Blocks>(1).kernel) == "blocked pooling");
  BOOST_TEST((stage_of<Image, nn::AvgPool2d<nn::kernel_size<2>>>(0).reason) ==
             "blocked pooling: its input does not lie in blocks");
}

struct OnlyValues : nn::Module<OnlyValues> {
  using Pool = nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>;
  BOOST_HANA_DEFINE_STRUCT(OnlyValues, (Pool, pool));
  auto forward(const auto& x) const { return std::get<0>(pool(x)); }
};
// What a stage reads and writes, each byte once.
struct Moves : nn::Module<Moves> {
  BOOST_HANA_DEFINE_STRUCT(Moves);
  auto forward(const auto& x) const {
    auto y = nn::functional::relu(x);
    return tenon::cat<1>(y * y, y);
  }
};
BOOST_AUTO_TEST_CASE(a_plan_counts_bytes) {
  const auto stages = tenon::compile<Rows>(Moves{}).plan().stages;
  BOOST_TEST_REQUIRE(stages.size() == 4u);
  for (const auto& stage : stages) BOOST_TEST(stage.bytes == 2 * 80u, stage.kernel);
  BOOST_TEST((stage_of<Image, OnlyValues>(0).bytes) == 4u * (120 + 24));
}

BOOST_AUTO_TEST_CASE(a_plan_prints_and_is_drawn) {
  using Model = nn::Sequential<nn::Linear<5, 5>, nn::Residual<nn::Linear<5, 5>>, nn::ReLU>;
  const auto net = tenon::compile<Row>(Model{});
  std::ostringstream text;
  text << net.plan();
  BOOST_TEST(text.str().starts_with("Stage                Kernel               Reads           Writes  Bytes  FLOPs\n"));
  BOOST_TEST(text.str().find("Linear + Add + ReLU  matrix times vector  (1, 5), (1, 5)  (1, 5)") != std::string::npos);
  BOOST_TEST(text.str().find("Workspace ") != std::string::npos);

  const auto path = std::filesystem::temp_directory_path() / "tenon_plan_test.dot";
  tenon::io::save_plan(path, net.plan());
  std::ifstream file(path);
  const std::string drawn{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  BOOST_TEST(drawn == tenon::io::to_graphviz(net.plan()));
  BOOST_TEST(drawn.starts_with("digraph net {"));
  for (const char* part : {"s0 -> s1 [label=\"(1, 5) plain", "t0 -> s0", "s1 -> r", "Linear + Add + ReLU\\nmatrix times"})
    BOOST_TEST(drawn.find(part) != std::string::npos, part);
  BOOST_TEST(drawn.find("label=\"input 0\\n(1, 5)\"") != std::string::npos);
  BOOST_TEST(drawn.find("label=\"result 0\\n(1, 5)\"") != std::string::npos);
  // What is put together comes from all that is in it.
  using Branches = nn::Sequential<nn::Concat<nn::Linear<5, 16>, nn::Linear<5, 16>>, nn::Linear<32, 2>>;
  const std::string joined = tenon::io::to_graphviz(tenon::compile<Row>(Branches{}).plan());
  for (const char* part : {"t0 -> s0", "t0 -> s1", "s0 -> s2", "s1 -> s2"})
    BOOST_TEST(joined.find(part) != std::string::npos, part);
  BOOST_CHECK_THROW(tenon::io::save_plan(std::filesystem::temp_directory_path() / "no such folder" / "x", net.plan()),
                    tenon::Error);
}

}  // namespace
