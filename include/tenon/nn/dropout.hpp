/// \file
/// Dropout layers.
#pragma once

#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// In training mode each element is zeroed with a probability of P, the others are scaled by 1 / (1 - P).
template <double P>
struct Dropout {
  static constexpr std::string_view name = "Dropout";
  static constexpr double p = P;
  bool training = false;
  template <class S>
  static consteval auto output_shape(S) {
    return S{};
  }
};

}  // namespace operation

namespace nn {

/// `torch.nn.Dropout(p=0.5)`: any shape. Draws from the thread's `generator()`; the identity in evaluation mode.
template <class... Tags>
class Dropout : public Layer<Dropout<Tags...>> {
  using p_tag = tag::find_t<nn::p, nn::p<0.5>, Tags...>;

 public:
  using operation = tenon::operation::Dropout<static_cast<double>(tag::value<p_tag>)>;
  Dropout() {
    tag::check<Dropout, tag::names<nn::p>, Tags...>();
    tag::require<Dropout, p_tag, (operation::p >= 0 && operation::p <= 1)>();
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{this->is_training()}, x);
  }
  static std::string extra_repr() { return "p=" + repr(operation::p) + ", inplace=False"; }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
