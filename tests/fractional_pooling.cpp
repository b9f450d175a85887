#include "chapter.hpp"

using namespace tenon_test;

namespace {

/// With given samples: PyTorch's results, and gradients in double against differences.
template <class Layer, class In>
void check_samples(const char* vectors) {
  using Samples = Tensor<float, tenon::shape_of_t<In>::dims[0], tenon::shape_of_t<In>::dims[1], 2>;
  BOOST_TEST_CONTEXT(vectors) {
    Layer layer;
    const StateDict dict = load_vectors(vectors);
    nn::Variable x{dict.get<In>("f32.in.input"), nn::requires_grad};
    const auto result = layer(x, dict.get<Samples>("f32.kw._random_samples"));
    const auto& y = first_of(result);
    compare("output", y.data(), numbers(dict["f64.out.output"]), 0, 0);
    if constexpr (requires { std::get<1>(result); })
      compare("indices", std::get<1>(result).data(), numbers(dict["i64.out.indices"]), 0, 0);
    using Y = std::remove_cvref_t<decltype(y.data())>;
    y.backward(Y::from(numbers(dict["f32.gout.output"])));
    compare("gradient", x.grad(), numbers(dict["f64.gin.input"]), 1e-5, 1e-6);
  }
  check_gradients<In, Samples>(Layer{}, {.low = 0, .high = 1});
}

BOOST_AUTO_TEST_CASE(fractional_max_pool2d) {
  check_samples<nn::FractionalMaxPool2d<nn::kernel_size<2, 2>, nn::output_ratio<0.5>, nn::return_indices<false>>,
                Tensor<float, 1, 3, 5, 7>>("FractionalMaxPool2d.p01.ratio");
  check_samples<nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_ratio<0.5>, nn::return_indices<true>>,
                Tensor<float, 1, 3, 5, 7>>("FractionalMaxPool2d.p02.ratio_return_indices");
  check_samples<nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<2, 6>, nn::return_indices<false>>,
                Tensor<float, 2, 2, 7, 11>>("FractionalMaxPool2d.p04.size");
  check_samples<nn::FractionalMaxPool2d<nn::kernel_size<3>, nn::output_ratio<0.5>, nn::return_indices<true>>,
                Tensor<float, 1, 1, 7, 7>>("FractionalMaxPool2d.p05.ratio_indices");
  check_samples<nn::FractionalMaxPool2d<nn::kernel_size<3, 3>, nn::output_size<3, 3>, nn::return_indices<true>>,
                Tensor<float, 1, 1, 8, 11>>("FractionalMaxPool2d.p06.size_indices");
  check_samples<nn::FractionalMaxPool2d<nn::output_ratio<0.625, 0.5>, nn::return_indices<false>, nn::kernel_size<2, 3>>,
                Tensor<float, 1, 2, 10, 8>>("FractionalMaxPool2d.p07.ratio");
  check_samples<nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<5, 3>, nn::return_indices<true>>,
                Tensor<float, 1, 2, 8, 11>>("FractionalMaxPool2d.p08.size_indices");
  check_samples<nn::FractionalMaxPool2d<nn::kernel_size<3, 3>, nn::output_ratio<0.5, 0.5>>, Tensor<float, 1, 2, 6, 7>>(
      "FractionalMaxPool2d.p09.ratio");
}

// (1 + 0.8) * 10 / 3 - 0.8 * 10 / 3 lies so near to 4 that it is below in float and not in double; places by PyTorch's
// formula, computed in the type of the tensor.
BOOST_AUTO_TEST_CASE(places_of_the_element_type) {
  const nn::FractionalMaxPool2d<nn::kernel_size<1>, nn::output_size<1, 4>> pool;
  const auto places = [&]<class T>(T) {
    Tensor<T, 1, 1, 1, 11> x;
    std::iota(x.begin(), x.end(), T(0));
    return numbers(pool(x, Tensor<T, 1, 1, 2>::from(std::vector{static_cast<T>(0.8f), T(0)})));
  };
  BOOST_TEST(places(0.f) == (std::vector<double>{0, 3, 7, 10}), boost::test_tools::per_element());
  BOOST_TEST(places(0.0) == (std::vector<double>{0, 4, 7, 10}), boost::test_tools::per_element());
}

// Without samples each call draws its own, in a net too; each window's largest is somewhere in the input.
template <class Layer, class In>
void check_drawn() {
  Layer pool;
  In x;
  tenon::fill_uniform(x, 1.0);
  auto net = tenon::compile<In>(pool);
  tenon::manual_seed(11);
  const auto y = pool(x), other = pool(x);
  tenon::manual_seed(11);
  compare("the same draw", pool(x), numbers(y), 0, 0);
  BOOST_TEST(!std::equal(y.begin(), y.end(), other.begin()));
  tenon::manual_seed(11);
  compare("the net's draw", net(x), numbers(y), 0, 0);
  BOOST_TEST(
      std::all_of(y.begin(), y.end(), [&](float value) { return std::find(x.begin(), x.end(), value) != x.end(); }));
}

BOOST_AUTO_TEST_CASE(drawn) {
  check_drawn<nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<13, 12>>, Tensor<float, 2, 3, 29, 31>>();
  check_drawn<nn::FractionalMaxPool2d<nn::kernel_size<3>, nn::output_ratio<0.5>>, Tensor<float, 2, 3, 18, 14>>();
}

// One window, and as many as there is room for.
BOOST_AUTO_TEST_CASE(extremes) {
  Tensor<float, 1, 1, 5, 6> x;
  tenon::fill_uniform(x, 1.0);
  const auto samples = Tensor<float, 1, 1, 2>::from(std::vector{0.99f, 0.f});
  nn::FractionalMaxPool2d<nn::kernel_size<5, 6>, nn::output_size<1>> whole;
  BOOST_TEST(whole(x, samples)(0, 0, 0, 0) == *std::max_element(x.begin(), x.end()));
  nn::FractionalMaxPool2d<nn::kernel_size<1>, nn::output_size<5, 6>> nothing;
  compare("the input", nothing(x, samples), numbers(x), 0, 0);
}

struct WithIndices : nn::Module<WithIndices> {
  using Pool = nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<3, 4>, nn::return_indices<true>>;
  BOOST_HANA_DEFINE_STRUCT(WithIndices, (Pool, pool), (nn::MaxUnpool2d<nn::kernel_size<3>, nn::stride<2>>, unpool));
  auto forward(const auto& x) {
    const auto [y, indices] = pool(x);
    return unpool(y, indices, nn::output_size<7, 8>{});
  }
};

// The elements and the indices of a net are of one draw.
BOOST_AUTO_TEST_CASE(compiled_indices) {
  WithIndices model;
  Tensor<float, 2, 1, 7, 8> x;
  tenon::fill_uniform(x, 1.0);
  auto net = tenon::compile<Tensor<float, 2, 1, 7, 8>>(model);
  tenon::manual_seed(3);
  const auto y = model(x);
  tenon::manual_seed(3);
  compare("compiled", net(x), numbers(y), 0, 0);
}

BOOST_AUTO_TEST_CASE(samples_outside) {
  nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<2>> pool;
  const Tensor<float, 1, 1, 5, 5> x;
  for (const float outside : {1.f, -0.25f, std::nanf("")}) {
    const auto samples = Tensor<float, 1, 1, 2>::from(std::vector{0.5f, outside});
    BOOST_CHECK_EXCEPTION(pool(x, samples), tenon::Error, [](const tenon::Error& error) {
      return std::string(error.what()).starts_with("FractionalMaxPool2d: sample 1 is ");
    });
  }
}

}  // namespace
