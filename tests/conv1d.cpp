#include "chapter.hpp"
#include "tables/conv1d.hpp"

using namespace tenon_test;

namespace {

// The size that `Layer` makes of the input.
template <class Layer, class Input>
using output = decltype(Layer::operation::output_shape(Input{}));

// The manual's example.
static_assert(std::is_same_v<output<nn::Conv1d<16, 33, nn::kernel_size<3>, nn::stride<2>>, tenon::Shape<20, 16, 50>>,
                             tenon::Shape<20, 33, 24>>);

}  // namespace
