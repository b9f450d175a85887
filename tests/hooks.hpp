// The nets of the tests of hooks, and what these compare.
#pragma once

#include <boost/test/unit_test.hpp>
#include <optional>
#include <tenon/tenon.hpp>
#include <vector>

namespace tenon_test_hooks {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::AnyTensor;
using tenon::Tensor;
using Gradients = std::vector<std::optional<AnyTensor>>;
using Tensors = std::span<const AnyTensor>;
using list = std::vector<double>;

template <class Range>
list numbers(const Range& range) {
  return {range.begin(), range.end()};
}
inline list numbers(const AnyTensor& tensor) {
  const auto* const first = reinterpret_cast<const float*>(tensor.data());
  return {first, first + tensor.size()};
}
inline std::string error_of(auto&& action) {
  try {
    action();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}
inline void check_near(const list& found, const list& wanted) {
  BOOST_REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) BOOST_TEST(found[i] == wanted[i], boost::test_tools::tolerance(1e-6));
}

using Chain = nn::Sequential<nn::Linear<2, 2>, nn::Tanh, nn::Linear<2, 1>>;
using Rows = Tensor<float, 2, 2>;
using Column = Tensor<float, 2, 1>;
inline const Rows x = Rows::from({0.5F, 0.25F, -1.0F, 2.0F});

inline Chain chain() {
  Chain model;
  model[0_c].weight.data() = Rows::from({1, -2, 0.5F, 0.25F});
  model[0_c].bias.data() = Tensor<float, 2>::from({0.5F, -0.25F});
  model[2_c].weight.data() = Tensor<float, 1, 2>::from({3, -4});
  model[2_c].bias.data().fill(1);
  return model;
}

}  // namespace tenon_test_hooks
