/// \file
/// Stages of vision and padding layers.
#pragma once

#include <limits>

#include "../../nn/padding.hpp"
#include "../../nn/vision.hpp"
#include "../micro/pixel_shuffle.hpp"
#include "../micro/resample.hpp"
#include "normalization.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <index_t Factor>
struct Stage<operation::PixelShuffle<Factor>> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    static constexpr std::string_view name = "pixel shuffle";
    static void run(const plan::Call& call) noexcept {
      micro::pixel_shuffle<Factor>(S::dims[0] * S::dims[1] / (Factor * Factor), S::dims[2], S::dims[3], call.in<T>(),
                                   call.out<T>());
    }
  };
};

/// Whether `number` is neither infinite nor NaN as a T.
template <class T>
consteval bool is_finite(double number) {
  constexpr auto largest = static_cast<double>((std::numeric_limits<T>::max)());
  return number >= -largest && number <= largest;
}

template <class T, class Operation, class S, class Layout>
struct ResampleKernel : plan::KernelTraits {
  static constexpr std::string_view name = "resampling";
  using reads = Layout;
  using writes = Layout;
  using Resampling = micro::Resampling<T, Operation, S>;
  static constexpr bool blocked = plan::is_blocked<Layout>;
  static constexpr index_t pixel = blocked ? micro::lanes<T> : 1, channels = plan::Image<S>::channels;
  static constexpr index_t planes = plan::Image<S>::batch * (blocked ? micro::vectors_for<T>(channels) : channels);
  static constexpr std::size_t scratch_bytes =
      bytes_of<T>(micro::resample_workspace_size<Resampling::blends>(Resampling::output_columns, pixel));

  static void run(const plan::Call& call) noexcept {
    micro::resample<Resampling::blends, pixel>(planes, Resampling::axes(), call.in<T>(), call.out<T>(),
                                               call.scratch<T>());
  }
};

/// The layout in which `X` is resampled: plain where that would make the padding lanes of blocked images infinite.
template <class Operation, class X>
using resampled_layout_t =
    std::conditional_t<is_finite<typename X::value_type>(
                           decltype(Operation::axes(typename X::static_shape{}))::value_type::outside),
                       plain_or_blocked_t<typename X::layout>, plan::Plain>;

template <class Operation>
  requires(Operation::resamples)
struct Stage<Operation> {
  template <class X>
  using kernel =
      ResampleKernel<typename X::value_type, Operation, typename X::static_shape, resampled_layout_t<Operation, X>>;
};

}  // namespace tenon::inline TENON_ISA::cpu
