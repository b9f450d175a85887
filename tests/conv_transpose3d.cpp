#include "chapter.hpp"
#include "tables/conv_transpose3d.hpp"

using namespace tenon_test;

namespace {

// The size that `Layer` makes of the input.
template <class Layer, class Input>
using output = decltype(Layer::operation::output_shape(Input{}));

// The manual's examples.
static_assert(std::is_same_v<
              output<nn::ConvTranspose3d<16, 33, nn::kernel_size<3>, nn::stride<2>>, tenon::Shape<20, 16, 10, 50, 100>>,
              tenon::Shape<20, 33, 21, 101, 201>>);
static_assert(std::is_same_v<
              output<nn::ConvTranspose3d<16, 33, nn::kernel_size<3, 5, 2>, nn::stride<2, 1, 1>, nn::padding<0, 4, 2>>,
                     tenon::Shape<20, 16, 10, 50, 100>>,
              tenon::Shape<20, 33, 21, 46, 97>>);

}  // namespace
