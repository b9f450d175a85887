/// \file
/// Convolution stages.
#pragma once

#include "../cpu/micro/blocked_conv.hpp"
#include "../cpu/micro/depthwise_conv.hpp"
#include "../cpu/micro/map.hpp"
#include "../cpu/micro/plain_conv.hpp"
#include "../cpu/micro/transposed_convolution.hpp"
#include "../nn/conv.hpp"
#include "../nn/conv_transpose.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

/// A convolution of 1-d or 2-d images that writes a blocked image.
template <class T, class Operation, class S, class Layout>
struct BlockedConvStage {
  static constexpr index_t channels = Operation::out_channels;
  struct Geometry {
    static constexpr ConvGeometry<2> value = in_plane(Operation::geometry(S{}));
  };
  static constexpr micro::Layout input =
      std::is_same_v<Layout, Blocked> ? micro::Layout::blocked : micro::Layout::plain;
  static constexpr std::size_t packed_bytes =
      static_cast<std::size_t>(micro::BlockedConvFor<T, Geometry, input>::packed_size(Geometry::value)) * sizeof(T);

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    micro::BlockedConvFor<T, Geometry, input, Epilogue>::run(Geometry::value, static_cast<const T*>(x),
                                                             elements_at<T>(packed), static_cast<T*>(y));
  }
  static void pack(const Source& source, std::byte* packed) {
    const Folded<T> folded(source, channels);
    micro::BlockedConvFor<T, Geometry, input>::pack(Geometry::value, folded.weights(), elements_at<T>(packed));
  }
};

/// A convolution of 1-d or 2-d images with few outputs, which would be mostly padding in a blocked image: plain to
/// plain, with the max pooling behind it if it is the usual one.
template <class T, class Operation, class S, bool Pooled = false>
struct FewOutputsConvStage {
  static constexpr index_t channels = Operation::out_channels;
  struct Geometry {
    static constexpr ConvGeometry<2> value = in_plane(Operation::geometry(S{}));
  };
  static constexpr micro::PixelGroup group = Pooled                                ? micro::pooled_2x2
                                             : Geometry::value.axes[0].output == 1 ? micro::single_row
                                                                                   : micro::unpooled;
  template <class Epilogue>
  using Kernel = micro::PlainConvFor<T, Geometry, group, Epilogue>;
  using PooledStage = FewOutputsConvStage<T, Operation, S, true>;

  static constexpr std::size_t packed_bytes =
      static_cast<std::size_t>(Kernel<pointwise::Identity>::packed_size(Geometry::value)) * sizeof(T);
  static constexpr std::size_t scratch_bytes =
      static_cast<std::size_t>(Kernel<pointwise::Identity>::workspace_size(Geometry::value)) * sizeof(T);

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    Kernel<Epilogue>::run(Geometry::value, static_cast<const T*>(x), elements_at<T>(packed), static_cast<T*>(y),
                          static_cast<T*>(scratch));
  }
  static void pack(const Source& source, std::byte* packed) {
    const Folded<T> folded(source, channels);
    Kernel<pointwise::Identity>::pack(Geometry::value, folded.weights(), elements_at<T>(packed));
  }
};

/// A convolution of 1-d or 2-d images with one kernel per channel, blocked to blocked.
template <class T, class Operation, class S>
struct DepthwiseConvStage {
  static constexpr index_t channels = Operation::out_channels;
  struct Geometry {
    static constexpr ConvGeometry<2> value = in_plane(Operation::geometry(S{}));
  };
  template <class Epilogue>
  using Kernel = micro::DepthwiseConvFor<T, Geometry, Epilogue>;
  static constexpr std::size_t packed_bytes =
      static_cast<std::size_t>(Kernel<pointwise::Identity>::packed_size(Geometry::value)) * sizeof(T);

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    Kernel<Epilogue>::run(Geometry::value, static_cast<const T*>(x), elements_at<T>(packed), static_cast<T*>(y));
  }
  static void pack(const Source& source, std::byte* packed) {
    const Folded<T> folded(source, channels);
    Kernel<pointwise::Identity>::pack(Geometry::value, folded.weights(), elements_at<T>(packed));
  }
};

/// Any convolution of plain images, or its transpose: groups that do not fill vectors, other ranks.
template <class T, class Operation, class S>
struct PlainConvStage {
  static constexpr index_t channels = Operation::out_channels;
  using Pass = std::conditional_t<Operation::transposed, micro::TransposedConvolution<T, Operation::rank>,
                                  micro::Convolution<T, Operation::rank>>;
  static constexpr auto geometry = Operation::geometry(S{});
  static constexpr Pass pass{geometry};
  // The biases come first; the weights are aligned.
  static constexpr index_t bias_size = micro::round_up(channels, micro::lanes<T>);
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(bias_size + pass.packed_size()) * sizeof(T);
  static constexpr std::size_t scratch_bytes = static_cast<std::size_t>(pass.workspace_size()) * sizeof(T);

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    const T* bias = elements_at<T>(packed);
    T* result = static_cast<T*>(y);
    pass.run(static_cast<const T*>(x), bias + bias_size, bias, result, static_cast<T*>(scratch));
    if constexpr (!std::is_same_v<Epilogue, pointwise::Identity>)
      micro::map<T>(decltype(Operation::output_shape(S{}))::size, Epilogue{}, result, static_cast<const T*>(result));
  }
  static void pack(const Source& source, std::byte* packed) {
    const Folded<T> folded(source, channels);
    const auto weights = folded.weights();
    List<T> scaled(static_cast<std::size_t>(Operation::weight_channels[0] * Operation::weight_channels[1] *
                                                   Operation::kernel_elements));
    for (std::size_t i = 0; i < scaled.size(); ++i) {
      const auto element = static_cast<index_t>(i);
      scaled[i] = weights.folded_weight(Operation::channel_of(element), element);
    }
    T* const bias = elements_at<T>(packed);
    for (index_t c = 0; c < channels; ++c) bias[c] = weights.folded_bias(c);
    pass.pack(scaled.data(), bias + bias_size);
  }
};

namespace detail {
template <class Operation, class X>
constexpr auto append_plain_conv(const X& x, const void* weight, const void* bias) {
  using T = typename X::value_type;
  using S = decltype(Operation::output_shape(typename X::static_shape{}));
  using Kernel = PlainConvStage<T, Operation, typename X::static_shape>;
  const int edge = x.graph().append(Stage(plain(x).edge())
                                        .packed_by(&Kernel::pack, Source{weight, bias}, Kernel::packed_bytes)
                                        .with_scratch(Kernel::scratch_bytes),
                                    bytes<T, S, Plain>);
  return Symbolic<T, S, Plain, Open<Kernel>>(x.graph(), edge);
}
}  // namespace detail

template <int Rank, index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct Lowering<operation::Conv<Rank, In, Out, K, St, P, D, Groups>> {
  using Operation = operation::Conv<Rank, In, Out, K, St, P, D, Groups>;
  static constexpr int parameters = 2;

  template <class X>
  static constexpr auto append(const Operation&, const X& x, const void* weight, const void* bias) {
    using T = typename X::value_type;
    using Input = typename X::static_shape;
    using S = decltype(Operation::output_shape(Input{}));
    constexpr index_t lanes = micro::lanes<T>;
    constexpr bool fills_blocks = Groups == 1 || ((In / Groups) % lanes == 0 && (Out / Groups) % lanes == 0);
    constexpr bool is_plain = std::is_same_v<typename X::layout, Plain>;
    if constexpr (Rank <= 2 && Groups == 1 && is_plain && 2 * Out <= lanes) {
      using Kernel = FewOutputsConvStage<T, Operation, Input>;
      const int edge = x.graph().append(Stage(x.use())
                                            .packed_by(&Kernel::pack, Source{weight, bias}, Kernel::packed_bytes)
                                            .with_scratch(Kernel::scratch_bytes),
                                        bytes<T, S, Plain>);
      return Symbolic<T, S, Plain, Open<Kernel>>(x.graph(), edge);
    } else if constexpr (Rank <= 2 && Groups > 1 && Groups == In && Groups == Out) {
      using Kernel = DepthwiseConvStage<T, Operation, Input>;
      const int edge = x.graph().append(
          Stage(in_layout<Blocked>(x).edge()).packed_by(&Kernel::pack, Source{weight, bias}, Kernel::packed_bytes),
          bytes<T, S, Blocked>);
      return Symbolic<T, S, Blocked, Open<Kernel>>(x.graph(), edge);
    } else if constexpr (Rank <= 2 && fills_blocks) {
      // Plain images are read as they are where one block would be mostly padding.
      constexpr bool read_plain = Groups == 1 && is_plain;
      using Layout = std::conditional_t<read_plain, Plain, Blocked>;
      using Kernel = BlockedConvStage<T, Operation, Input, Layout>;
      const int edge = x.graph().append(
          Stage(in_layout<Layout>(x).edge()).packed_by(&Kernel::pack, Source{weight, bias}, Kernel::packed_bytes),
          bytes<T, S, Blocked>);
      return Symbolic<T, S, Blocked, Open<Kernel>>(x.graph(), edge);
    } else {
      return detail::append_plain_conv<Operation>(x, weight, bias);
    }
  }
};

template <int Rank, index_t In, index_t Out, class K, class St, class P, class OutputPadding, class D, index_t Groups>
struct Lowering<operation::ConvTranspose<Rank, In, Out, K, St, P, OutputPadding, D, Groups>> {
  using Operation = operation::ConvTranspose<Rank, In, Out, K, St, P, OutputPadding, D, Groups>;
  static constexpr int parameters = 2;

  template <class X>
  static constexpr auto append(const Operation&, const X& x, const void* weight, const void* bias) {
    return detail::append_plain_conv<Operation>(x, weight, bias);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
