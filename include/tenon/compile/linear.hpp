/// \file
/// Linear stages.
#pragma once

#include "../cpu/micro/gemv.hpp"
#include "../nn/linear.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

/// `Rows` rows of a Linear whose input lies in `Layout`.
template <class T, index_t Rows, index_t In, index_t Out, class Layout>
struct LinearStage {
  static constexpr index_t channels = Out;
  static constexpr index_t packed_in = In;
  static index_t source_column(index_t i) { return i; }

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    run_packed<Epilogue>(packed_in, x, packed, y);
  }
  static void pack(const Source& source, std::byte* packed) { pack_columns<LinearStage>(source, packed); }

 protected:
  template <class Epilogue>
  static void run_packed(index_t in, const void* x, const std::byte* packed, void* y) noexcept {
    using Kernel = micro::PackedLinear<T, Epilogue>;
    if constexpr (Rows == 1)
      Kernel::run_row(in, Out, static_cast<const T*>(x), elements_at<T>(packed), static_cast<T*>(y));
    else
      Kernel::run(Rows, in, Out, static_cast<const T*>(x), elements_at<T>(packed), static_cast<T*>(y));
  }
  template <class Stage>
  static void pack_columns(const Source& source, std::byte* packed) {
    const Folded<T> folded(source, Out);
    micro::PackedLinear<T>::pack(Stage::packed_in, Out, In, folded.weights(), elements_at<T>(packed),
                                 &Stage::source_column);
  }
};

/// The rows are flattened blocked images: the weights are permuted, not the data.
template <class T, index_t Rows, index_t In, index_t Out, index_t Channels, index_t Pixels>
struct LinearStage<T, Rows, In, Out, FlattenedBlocked<Channels, Pixels>> : LinearStage<T, Rows, In, Out, Plain> {
  static constexpr index_t packed_in = micro::blocked_size<T>(1, Channels, Pixels);
  static index_t source_column(index_t i) {
    const index_t lane = i % micro::lanes<T>, pixel = i / micro::lanes<T> % Pixels;
    const index_t channel = i / (micro::lanes<T> * Pixels) * micro::lanes<T> + lane;
    return channel < Channels ? channel * Pixels + pixel : -1;
  }

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    LinearStage::template run_packed<Epilogue>(packed_in, x, packed, y);
  }
  static void pack(const Source& source, std::byte* packed) {
    LinearStage::template pack_columns<LinearStage>(source, packed);
  }
};

template <index_t In, index_t Out>
struct Lowering<operation::Linear<In, Out>> {
  static constexpr int parameters = 2;

  template <class X>
  static constexpr auto append(const operation::Linear<In, Out>&, const X& x, const void* weight, const void* bias) {
    using T = typename X::value_type;
    using S = decltype(operation::Linear<In, Out>::output_shape(typename X::static_shape{}));
    using Kernel = LinearStage<T, S::size / Out, In, Out, typename X::layout>;
    constexpr auto packed_size = static_cast<std::size_t>(micro::PackedLinear<T>::packed_size(Kernel::packed_in, Out));
    const int edge = x.graph().append(
        Stage(x.use()).packed_by(&Kernel::pack, Source{weight, bias}, packed_size * sizeof(T)), bytes<T, S, Plain>);
    // A batch normalization folds in where its channels, axis 1, are the features.
    return Symbolic<T, S, Plain, Open<Kernel, pointwise::Identity, S::rank == 2>>(x.graph(), edge);
  }
  // A Linear over the last axis of an image reads it plainly.
  template <class T, class S, class P>
  static constexpr auto append(const operation::Linear<In, Out>& linear, const Symbolic<T, S, Blocked, P>& x,
                               const void* weight, const void* bias) {
    return append(linear, plain(x), weight, bias);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
