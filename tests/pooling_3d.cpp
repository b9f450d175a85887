#include "chapter.hpp"
#include "tables/pooling_3d.hpp"

using namespace tenon_test;

namespace {

// The manual's own examples.
template <class Layer, class In, class Out>
constexpr bool gives = std::is_same_v<decltype(Layer::operation::output_shape(tenon::shape_of_t<In>{})), Out>;
static_assert(gives<nn::MaxPool3d<nn::kernel_size<3>, nn::stride<2>>, Tensor<float, 20, 16, 50, 44, 31>,
                    tenon::Shape<20, 16, 24, 21, 15>>);
static_assert(gives<nn::MaxPool3d<nn::kernel_size<3, 2, 2>, nn::stride<2, 1, 2>>, Tensor<float, 20, 16, 50, 44, 31>,
                    tenon::Shape<20, 16, 24, 43, 15>>);
static_assert(gives<nn::AvgPool3d<nn::kernel_size<3, 2, 2>, nn::stride<2, 1, 2>>, Tensor<float, 20, 16, 50, 44, 31>,
                    tenon::Shape<20, 16, 24, 43, 15>>);

}  // namespace
