// Included by one translation unit per instruction set, which defines ANSWER as the name of its function.
#include <tenon/tenon.hpp>

#include "layer.hpp"

namespace {

// Runs in the middle of a kernel and reports the vectors it sees.
struct Witness {
  static constexpr std::string_view name = "Witness";
  static constexpr auto saves = tenon::pointwise::Saves::output;
  static inline std::size_t lanes = 0;
  template <class T>
  T operator()(const T& x) const {
    if constexpr (!std::is_arithmetic_v<T>) lanes = T::size;
    return x;
  }
};

#define TENON_TEXT_(name) #name
#define TENON_TEXT(name) TENON_TEXT_(name)

}  // namespace

Answer ANSWER() {
  namespace nn = tenon::nn;
  tenon::manual_seed(1);
  nn::Sequential<nn::Linear<12, 16>, nn::Tanh, nn::Linear<16, 8>> model;
  tenon::Tensor<float, 1, 12> x;
  tenon::fill_uniform(x, 1.0);
  auto net = tenon::compile<tenon::Tensor<float, 1, 12>>(model);
  const auto& y = net(x);
  const auto eager = model(x);
  Answer answer{TENON_TEXT(TENON_ISA), 0, {}};
  for (std::size_t i = 0; i < 8; ++i) answer.y[i] = (y.data()[i] + eager.data()[i]) / 2;
  (void)tenon::apply(tenon::operation::Pointwise<Witness>{}, x);
  answer.lanes = Witness::lanes;
  return answer;
}
