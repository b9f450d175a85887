#define BOOST_TEST_MODULE loss
#define BOOST_TEST_DYN_LINK
#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(mse_loss) {
  check<nn::MSELoss<>, Tensor<float, 2, 3, 4, 5>, Tensor<float, 2, 3, 4, 5>>({.vectors = "MSELoss.p01.table"});
  check<nn::MSELoss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
      {.vectors = "MSELoss.p02.no_batch_dim_mean"});
  check<nn::MSELoss<nn::size_average<true>>, Tensor<float, 6, 7>, Tensor<float, 6, 7>>({.vectors = "MSELoss.p04.mean"});
  check<nn::MSELoss<nn::size_average<false>>, Tensor<float, 2>, Tensor<float, 2>>({.vectors = "MSELoss.p05.sum"});
  check<nn::MSELoss<nn::size_average<true>>, Tensor<float, 6, 2, 2>, Tensor<float, 6, 2, 2>>(
      {.vectors = "MSELoss.p06.mean"});
  check<nn::MSELoss<nn::size_average<false>>, Tensor<float, 2, 1>, Tensor<float, 2, 1>>({.vectors = "MSELoss.p07.sum"});
  check<nn::MSELoss<>, Tensor<float, 6, 7>, Tensor<float, 6, 7>>({.vectors = "MSELoss.p08.mean_equal_element"});
  check<nn::MSELoss<>, Tensor<float, 2, 4, 3, 2>, Tensor<float, 2, 4, 3, 2>>({.vectors = "MSELoss.p09.mean"});
  check<nn::MSELoss<nn::size_average<false>>, Tensor<float, 5, 6>, Tensor<float, 5, 6>>({.vectors = "MSELoss.p10.sum"});
}

BOOST_AUTO_TEST_CASE(cross_entropy_loss) {
  check<nn::CrossEntropyLoss<nn::ignore_index<-100>, nn::size_average<true>>, Tensor<float, 15, 10>,
        Tensor<std::int64_t, 15>>({.vectors = "CrossEntropyLoss.p01.table"});
  check<nn::CrossEntropyLoss<>, Tensor<float, 5, 7>, Tensor<std::int64_t, 5>>({.vectors = "CrossEntropyLoss.p07.mean"});
  check<nn::CrossEntropyLoss<nn::size_average<false>, nn::ignore_index<-100>>, Tensor<float, 3, 5>,
        Tensor<std::int64_t, 3>>({.vectors = "CrossEntropyLoss.p08.sum"});
  check<nn::CrossEntropyLoss<nn::size_average<true>, nn::ignore_index<-100>>, Tensor<float, 3, 5>,
        Tensor<std::int64_t, 3>>({.vectors = "CrossEntropyLoss.p09.mean_weight"});
  check<nn::CrossEntropyLoss<nn::size_average<false>>, Tensor<float, 4, 2>, Tensor<std::int64_t, 4>>(
      {.vectors = "CrossEntropyLoss.p10.sum_weight"});
  check<nn::CrossEntropyLoss<nn::size_average<true>, nn::ignore_index<1>>, Tensor<float, 5, 2>,
        Tensor<std::int64_t, 5>>({.vectors = "CrossEntropyLoss.p11.mean_ignore_index"});
  check<nn::CrossEntropyLoss<nn::size_average<true>, nn::ignore_index<5>>, Tensor<float, 5, 6>,
        Tensor<std::int64_t, 5>>({.vectors = "CrossEntropyLoss.p12.mean_weight_ignore_index"});
  check<nn::CrossEntropyLoss<nn::size_average<false>, nn::ignore_index<-100>>, Tensor<float, 5, 5>,
        Tensor<std::int64_t, 5>>({.vectors = "CrossEntropyLoss.p13.sum_ignore_index"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::MSELoss<>, Tensor<float, 1>, Tensor<float, 1>>();
  check<nn::MSELoss<>, Tensor<float, 3, 37>, Tensor<float, 3, 37>>();
  check<nn::CrossEntropyLoss<>, Tensor<float, 1, 2>, Tensor<std::int64_t, 1>>();
  check<nn::CrossEntropyLoss<>, Tensor<float, 7, 37>, Tensor<std::int64_t, 7>>();
  check<nn::CrossEntropyLoss<nn::ignore_index<2>>, Tensor<float, 2, 5, 3, 7>, Tensor<std::int64_t, 2, 3, 7>>();
}

BOOST_AUTO_TEST_CASE(wrong_data_is_an_error) {
  const Tensor<float, 2, 3> x;
  const auto target = [](std::int64_t label) {
    Tensor<std::int64_t, 2> t;
    t(1) = label;
    return t;
  };
  BOOST_CHECK_THROW(nn::CrossEntropyLoss<>{}(x, target(3)), tenon::Error);
  BOOST_CHECK_THROW(nn::CrossEntropyLoss<>{}(x, target(-1)), tenon::Error);
  BOOST_CHECK_NO_THROW(nn::CrossEntropyLoss<>{}(x, target(-100)));
  const nn::CrossEntropyLoss<> weighted{Tensor<float, 4>{}};
  BOOST_CHECK_THROW(weighted(x, target(0)), tenon::Error);
}

}  // namespace
