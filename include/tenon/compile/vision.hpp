/// \file
/// Stages of vision and padding layers.
#pragma once

#include "../cpu/micro/pixel_shuffle.hpp"
#include "../cpu/micro/resample.hpp"
#include "../nn/padding.hpp"
#include "../nn/vision.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, index_t Factor, class S>
struct PixelShuffleStage {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    micro::pixel_shuffle<Factor>(S::dims[0] * S::dims[1] / (Factor * Factor), S::dims[2], S::dims[3],
                                 static_cast<const T*>(x), static_cast<T*>(y));
  }
};

template <index_t Factor>
struct Lowering<operation::PixelShuffle<Factor>> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr auto append(const operation::PixelShuffle<Factor>&, const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Result = decltype(operation::PixelShuffle<Factor>::output_shape(S{}));
    const int edge = x.graph().append(Stage(plain(x).edge()).computed_by(&PixelShuffleStage<T, Factor, S>::run),
                                      bytes<T, Result, Plain>);
    return Symbolic<T, Result>(x.graph(), edge);
  }
};

template <class T, class Operation, class S, class Layout>
struct ResampleStage {
  using Resampling = micro::Resampling<T, Operation, S>;
  static constexpr bool blocked = std::is_same_v<Layout, Blocked>;
  static constexpr index_t pixel = blocked ? micro::lanes<T> : 1;
  static constexpr index_t planes =
      Image<S>::batch * (blocked ? micro::vectors_for<T>(Image<S>::channels) : Image<S>::channels);
  static constexpr std::size_t scratch_bytes =
      sizeof(T) *
      static_cast<std::size_t>(micro::resample_workspace_size<Resampling::blends>(Resampling::output_columns, pixel));

  static void run(const void* x, const void*, const std::byte*, void* scratch, void* y) noexcept {
    micro::resample<Resampling::blends, pixel>(planes, Resampling::rows(), Resampling::columns(),
                                               static_cast<const T*>(x), static_cast<T*>(y), static_cast<T*>(scratch));
  }
};

template <class Operation>
  requires(Operation::resamples)
struct Lowering<Operation> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using L = std::conditional_t<std::is_same_v<typename X::layout, Blocked>, Blocked, Plain>;
    using Kernel = ResampleStage<T, Operation, S, L>;
    using Result = decltype(Operation::output_shape(S{}));
    const int edge =
        x.graph().append(Stage(in_layout<L>(x).edge()).computed_by(&Kernel::run).with_scratch(Kernel::scratch_bytes),
                         bytes<T, Result, L>);
    return Symbolic<T, Result, L>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
