// Sums in the stage that makes one of their operands.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>

#include "agrees.hpp"

namespace {

namespace nn = tenon::nn;
using nn::functional::relu;
using nn::functional::tanh;
using tenon::Tensor;
using tenon_test::agrees;
using tenon_test::Branch;
using tenon_test::Conv;
using tenon_test::Image;
using tenon_test::ReadAgain;
using tenon_test::SumOfSums;

template <class Input, class Model>
std::size_t stages_of() {
  return tenon::compile<Input>(Model{}).plan().stages.size();
}

using Line = Tensor<float, 2, 3, 7>;
using Volume = Tensor<float, 1, 3, 3, 4, 5>;
using Row = Tensor<float, 1, 5>;
using Rows = Tensor<float, 4, 5>;

BOOST_AUTO_TEST_CASE(residual_blocks_are_one_stage_less) {
  using Body = nn::Sequential<Conv<3, 17>, nn::BatchNorm2d<17>, nn::ReLU, Conv<17, 3>, nn::BatchNorm2d<3>>;
  using Block = nn::Sequential<nn::Residual<Body>, nn::ReLU>;
  agrees<Image, Block>("few outputs");
  // Blocked to blocked; the second has a convolution on either side, of which the first adds.
  using Wide = nn::Sequential<Conv<3, 33>, nn::Residual<nn::Sequential<Conv<33, 33>, nn::BatchNorm2d<33>>>, nn::Tanh>;
  using Both = nn::Sequential<Conv<3, 33>, nn::Residual<Conv<33, 40>, Conv<33, 40>>, nn::Sigmoid>;
  agrees<Image, Wide>("blocked");
  agrees<Image, Both>("two convolutions");
  BOOST_TEST((stages_of<Image, Wide>()) == 3u);  // and one that brings the blocks into the output's order
  BOOST_TEST((stages_of<Image, Both>()) == 4u);
  const auto stages = tenon::compile<Image>(Wide{}).plan().stages;
  BOOST_TEST(stages[1].name == "Conv2d + BatchNorm2d + Add + Tanh");
  BOOST_TEST(stages[1].inputs.size() == 2u);
}

BOOST_AUTO_TEST_CASE(every_kernel_that_adds) {
  using Depthwise = Conv<20, 20, nn::groups<20>>;
  agrees<Image, nn::Sequential<Conv<3, 20>, nn::Residual<Depthwise>, nn::Tanh>>("depthwise");
  agrees<Image, nn::Sequential<Conv<3, 6>, nn::Residual<Conv<6, 6, nn::groups<2>>>, nn::Tanh>>("groups");
  agrees<Image, nn::Residual<Conv<3, 3>>>("few outputs");
  agrees<Image, nn::Sequential<nn::Residual<Conv<3, 3>>, nn::MaxPool2d<nn::kernel_size<2>>>>("a sum, then pooled");
  agrees<Line, nn::Residual<nn::Conv1d<3, 3, nn::kernel_size<3>, nn::padding<1>>>>("one axis");
  agrees<Volume, nn::Residual<nn::Conv3d<3, 3, nn::kernel_size<3>, nn::padding<1>>>>("three axes");
  agrees<Image, nn::Residual<nn::ConvTranspose2d<3, 3, nn::kernel_size<3>, nn::padding<1>>>>("transposed");
  agrees<Row, nn::Sequential<nn::Residual<nn::Linear<5, 5>>, nn::ReLU>>("one row");
  agrees<Rows, nn::Sequential<nn::Residual<nn::Linear<5, 5>>, nn::ReLU>>("rows");
  agrees<Tensor<float, 3, 65>, nn::Sequential<nn::Residual<nn::Linear<65, 65>>, nn::ReLU>>("wide rows");
  using Few = nn::Residual<nn::Sequential<nn::Linear<3, 70>, nn::Linear<70, 3>>>;
  agrees<Tensor<float, 1, 3>, Few>("dot products");
  agrees<Tensor<float, 2, 3>, nn::Sequential<Few, nn::Tanh>>("dot products of rows");
  agrees<Tensor<float, 2, 4, 3>, nn::Residual<nn::Linear<3, 3>>>("a Linear over the last axis");
}

// Either operand may be read again, be the same value, or have taken in a sum already.
struct WithItself : nn::Module<WithItself> {
  BOOST_HANA_DEFINE_STRUCT(WithItself, (nn::Linear<5, 5>, a));
  auto forward(const auto& x) const {
    auto y = a(x);
    return tanh(y + y);
  }
};
struct ActiveOperands : nn::Module<ActiveOperands> {
  BOOST_HANA_DEFINE_STRUCT(ActiveOperands, (nn::Linear<5, 5>, a), (nn::Linear<5, 5>, b));
  auto forward(const auto& x) const { return relu(tanh(a(x)) + relu(b(x))); }
};
// The operand is made after the sum's stage would have run: that waits.
struct LaterOperand : nn::Module<LaterOperand> {
  BOOST_HANA_DEFINE_STRUCT(LaterOperand, (nn::Linear<5, 5>, a), (nn::Linear<5, 5>, b));
  auto forward(const auto& x) const {
    auto y = a(x);
    auto z = nn::functional::softmax<1>(b(tanh(x)));
    return y + z;
  }
};
BOOST_AUTO_TEST_CASE(operands_of_sums) {
  agrees<Image, ReadAgain>("read again");
  agrees<Image, Branch<nn::ReLU, nn::Tanh, nn::Sigmoid>>("functions on what is read again");
  agrees<Image, Branch<nn::BatchNorm2d<17>, nn::ReLU, Conv<17, 17>>>("normalized before it is convolved");
  agrees<Image, Branch<nn::Residual<nn::ReLU>, nn::Tanh>>("a sum on what is read again");
  agrees<Rows, SumOfSums>("sums of sums");
  agrees<Rows, WithItself>("with itself");
  agrees<Rows, ActiveOperands>("active operands");
  agrees<Rows, LaterOperand>("a later operand");
  BOOST_TEST((stages_of<Rows, ActiveOperands>()) == 2u);
  BOOST_TEST((stages_of<Rows, LaterOperand>()) == 4u);
}

}  // namespace
