/// \file
/// Convolution stages.
#pragma once

#include "../../nn/conv.hpp"
#include "../../nn/conv_transpose.hpp"
#include "../../nn/pooling.hpp"
#include "../micro/blocked_conv.hpp"
#include "../micro/depthwise_conv.hpp"
#include "../micro/plain_conv.hpp"
#include "../micro/transposed_convolution.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {
/// Whether a convolution can take in this pooling: the largest of 2 x 2, side by side. The last row and column may be
/// left out.
template <class Windows, class Function>
inline constexpr bool tiles_by_two = false;
template <class K, class St, class P, class D>
inline constexpr bool tiles_by_two<operation::SlidingWindows<2, K, St, P, D, false>, pooling::Max> = [] {
  for (std::size_t a = 0; a < 2; ++a)
    if (K::value[a] != 2 || St::value[a] != 2 || P::value[a] != 0 || D::value[a] != 1) return false;
  return true;
}();
}  // namespace detail

/// The properties of a convolution that decide which kernel computes it.
struct ConvProblem {
  int rank;
  bool transposed;
  index_t in_channels, out_channels, groups, lanes;
  bool reads_blocked;  // its input lies in blocks
};

/// The geometry of a convolution of one or two axes, as one of two axes.
template <class Operation, class S>
struct PlaneGeometry {
  static constexpr ConvGeometry<2> value = in_plane(Operation::geometry(S{}));
};
/// The base of the kernels of convolutions of one or two axes, which `Micro::with<Epilogue>` computes.
template <class T, class Operation, class S, class Micro>
struct PlaneConv : plan::KernelTraits {
  using Geometry = PlaneGeometry<Operation, S>;
  using Kernel = typename Micro::template with<micro::Epilogue<T>>;
  static constexpr bool takes_functions = true, adds = true,
                        has_workspace = requires { Kernel::workspace_size(Geometry::value); };
  static constexpr index_t folds_channels = Operation::out_channels;
  using Weight = stored_weight_t<T>;
  static constexpr std::size_t packed_bytes = bytes_of<Weight>(Kernel::packed_size(Geometry::value));
  static constexpr std::size_t scratch_bytes = [] {
    if constexpr (has_workspace)
      return bytes_of<T>(Kernel::workspace_size(Geometry::value));
    else
      return std::size_t{0};
  }();

  template <class Function>
  static void run(const plan::Call& call) noexcept {
    const auto epilogue = epilogue_of<T, Function>(call);
    using Finished = typename Micro::template with<std::remove_const_t<decltype(epilogue)>>;
    if constexpr (has_workspace)
      Finished::run(Geometry::value, call.in<T>(), call.packed<Weight>(), call.out<T>(), call.scratch<T>(), epilogue);
    else
      Finished::run(Geometry::value, call.in<T>(), call.packed<Weight>(), call.out<T>(), epilogue);
  }
  static void pack(const plan::Source& source, std::byte* packed) {
    const plan::Folded<T> folded(source, Operation::out_channels);
    Kernel::pack(Geometry::value, folded.weights(), reinterpret_cast<Weight*>(packed));
  }
};

/// The kernel for few outputs, which would be mostly padding in a blocked image: plain to plain, with the max pooling
/// behind it if it is the usual one.
struct FewOutputsConv {
  static constexpr std::string_view name = "convolution of few outputs";
  static constexpr plan::Acceptance accepts(const ConvProblem& conv) {
    if (conv.transposed) return {"transposed"};
    if (conv.rank > 2) return {"more than two axes"};
    if (conv.groups > 1) return {"several groups"};
    if (conv.reads_blocked) return {"its input lies in blocks"};
    if (2 * conv.out_channels > conv.lanes) return {"its outputs fill half a vector"};
    return plan::accepted;
  }

  template <class T, class Geometry, bool Pooled>
  struct Micro {
    static constexpr micro::PixelGroup group = Pooled                                ? micro::pooled_2x2
                                               : Geometry::value.axes[0].output == 1 ? micro::single_row
                                                                                     : micro::unpooled;
    template <class Epilogue>
    using with = micro::PlainConvFor<T, Geometry, group, Epilogue, stored_weight_t<T>>;
  };
  template <class T, class Operation, class S, class Layout, bool Pooled = false>
  struct kernel : PlaneConv<T, Operation, S, Micro<T, PlaneGeometry<Operation, S>, Pooled>> {
    static constexpr std::string_view name = Pooled ? "convolution of few outputs with pooling" : FewOutputsConv::name;

    template <class Windows, class Function>
      requires(!Pooled && detail::tiles_by_two<Windows, Function>)
    using pooled = kernel<T, Operation, S, Layout, true>;
  };
};

/// The kernel for depthwise convolutions, blocked to blocked.
struct DepthwiseConv {
  static constexpr std::string_view name = "depthwise convolution";
  static constexpr plan::Acceptance accepts(const ConvProblem& conv) {
    if (conv.transposed) return {"transposed"};
    if (conv.rank > 2) return {"more than two axes"};
    if (conv.groups == 1 || conv.groups != conv.in_channels || conv.groups != conv.out_channels)
      return {"not one kernel per channel"};
    return plan::accepted;
  }

  template <class T, class Geometry>
  struct Micro {
    template <class Epilogue>
    using with = micro::DepthwiseConvFor<T, Geometry, Epilogue, stored_weight_t<T>>;
  };
  template <class T, class Operation, class S, class>
  struct kernel : PlaneConv<T, Operation, S, Micro<T, PlaneGeometry<Operation, S>>> {
    static constexpr std::string_view name = DepthwiseConv::name;
    using reads = plan::Blocked;
    using writes = plan::Blocked;
  };
};

/// The kernel for groups that fill whole vectors; it writes a blocked image.
struct BlockedConv {
  static constexpr std::string_view name = "blocked convolution";
  static constexpr plan::Acceptance accepts(const ConvProblem& conv) {
    if (conv.transposed) return {"transposed"};
    if (conv.rank > 2) return {"more than two axes"};
    if (conv.groups > 1 &&
        (conv.in_channels / conv.groups % conv.lanes != 0 || conv.out_channels / conv.groups % conv.lanes != 0))
      return {"its groups do not fill whole vectors"};
    return plan::accepted;
  }

  template <class T, class Geometry, class Layout>
  struct Micro {
    // Plain images are read as they are where one block would be mostly padding.
    static constexpr bool reads_plain = Geometry::value.groups == 1 && plan::is_plain<Layout>;
    template <class Epilogue>
    using with = micro::BlockedConvFor<T, Geometry, reads_plain ? micro::ConvInput::plain : micro::ConvInput::blocked,
                                       Epilogue, stored_weight_t<T>>;
  };
  template <class T, class Operation, class S, class Layout,
            class Blocks = Micro<T, PlaneGeometry<Operation, S>, Layout>>
  struct kernel : PlaneConv<T, Operation, S, Blocks> {
    static constexpr std::string_view name = BlockedConv::name;
    using reads = std::conditional_t<Blocks::reads_plain, plan::Plain, plan::Blocked>;
    using writes = plan::Blocked;
  };
};

/// The kernel for any convolution of plain images, or its transpose, by products of matrices.
struct GeneralConv {
  static constexpr std::string_view name = "general convolution";
  static constexpr plan::Acceptance accepts(const ConvProblem&) { return plan::accepted; }

  template <class T, class Operation, class S, class>
  struct kernel : plan::KernelTraits {
    static constexpr std::string_view name = GeneralConv::name;
    static constexpr bool takes_functions = true, adds = true;
    static constexpr index_t channels = Operation::out_channels, folds_channels = channels;
    using Pass = std::conditional_t<Operation::transposed, micro::TransposedConvolution<T, Operation::rank>,
                                    micro::Convolution<T, Operation::rank>>;
    static constexpr Pass pass{Operation::geometry(S{})};
    // The biases come first; the weights are aligned.
    static constexpr index_t bias_size = micro::round_up(channels, micro::lanes<T>);
    static constexpr std::size_t packed_bytes = bytes_of<T>(bias_size + pass.packed_size());
    static constexpr std::size_t scratch_bytes = bytes_of<T>(pass.workspace_size());

    template <class Function>
    static void run(const plan::Call& call) noexcept {
      const T* bias = call.packed<T>();
      T* const y = call.out<T>();
      pass.run(call.in<T>(), bias + bias_size, bias, y, call.scratch<T>());
      finish_in_place<T, Function>(decltype(Operation::output_shape(S{}))::size, call, y);
    }
    static void pack(const plan::Source& source, std::byte* packed) {
      const plan::Folded<T> folded(source, channels);
      const auto weights = folded.weights();
      List<T> scaled(static_cast<std::size_t>(Operation::weight_channels[0] * Operation::weight_channels[1] *
                                              Operation::kernel_elements));
      for (std::size_t i = 0; i < scaled.size(); ++i) {
        const auto element = static_cast<index_t>(i);
        scaled[i] = weights.folded_weight(Operation::channel_of(element), element);
      }
      T* const bias = reinterpret_cast<T*>(packed);
      for (index_t c = 0; c < channels; ++c) bias[c] = weights.folded_bias(c);
      pass.pack(scaled.data(), bias + bias_size);
    }
  };
};

/// The kernels of convolutions, the fastest first.
template <class Operation>
struct ConvStage {
  template <class X>
  struct Problem {
    static constexpr ConvProblem value{Operation::rank,
                                       Operation::transposed,
                                       Operation::in_channels,
                                       Operation::out_channels,
                                       Operation::groups,
                                       micro::lanes<typename X::value_type>,
                                       !plan::is_plain<typename X::layout>};
  };
  template <class X>
  using kernels = plan::FirstAccepting<Problem<X>, FewOutputsConv, DepthwiseConv, BlockedConv, GeneralConv>;
  template <class X>
  struct kernel : kernels<X>::type::template kernel<typename X::value_type, Operation, typename X::static_shape,
                                                    typename X::layout> {
    static constexpr plan::Constants<plan::Refusal> refusals = kernels<X>::refusals;
  };
};

template <int Rank, index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct Stage<operation::Conv<Rank, In, Out, K, St, P, D, Groups>>
    : ConvStage<operation::Conv<Rank, In, Out, K, St, P, D, Groups>> {};

template <int Rank, index_t In, index_t Out, class K, class St, class P, class OutputPadding, class D, index_t Groups>
struct Stage<operation::ConvTranspose<Rank, In, Out, K, St, P, OutputPadding, D, Groups>>
    : ConvStage<operation::ConvTranspose<Rank, In, Out, K, St, P, OutputPadding, D, Groups>> {};

}  // namespace tenon::inline TENON_ISA::cpu
