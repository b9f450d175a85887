/// \file
/// Vision, padding and distance stages of a net on the device.
#pragma once

#include "distance.hpp"
#include "lowering.hpp"
#include "padding.hpp"
#include "vision.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class T, class Operation, class S>
struct ResampleStage {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    resample<Operation, S>(static_cast<const T*>(x), static_cast<T*>(y));
  }
};

template <class Operation>
  requires(Operation::resamples)
struct Lowering<Operation> {
  template <class T, class S, class P>
  static auto append(const Operation& operation, const Symbolic<T, S, P>& x) {
    using Result = decltype(operation.output_shape(S{}));
    const int edge =
        x.graph().append(Stage(x.use()).computed_by(&ResampleStage<T, Operation, S>::run), bytes<T, Result>);
    return Symbolic<T, Result>(x.graph(), edge);
  }
};

template <class T, index_t Factor, class S>
struct PixelShuffleStage {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    launch(S::size, PixelShuffle<T, Factor>{{S::dims[2], S::dims[3]}, static_cast<const T*>(x), static_cast<T*>(y)});
  }
};

template <index_t Factor>
struct Lowering<operation::PixelShuffle<Factor>> {
  template <class T, class S, class P>
  static auto append(const operation::PixelShuffle<Factor>& shuffle, const Symbolic<T, S, P>& x) {
    using Result = decltype(shuffle.output_shape(S{}));
    const int edge =
        x.graph().append(Stage(x.use()).computed_by(&PixelShuffleStage<T, Factor, S>::run), bytes<T, Result>);
    return Symbolic<T, Result>(x.graph(), edge);
  }
};

template <class T, class Operation, class S>
struct PairwiseDistanceStage {
  static void run(const void* a, const void* b, const std::byte*, void*, void* y) noexcept {
    launch(S::dims[0], PairwiseDistance<T, Operation>{S::dims[1], static_cast<const T*>(a), static_cast<const T*>(b),
                                                      static_cast<T*>(y)});
  }
};

template <double Degree, double Eps>
struct Lowering<operation::PairwiseDistance<Degree, Eps>> {
  using Operation = operation::PairwiseDistance<Degree, Eps>;
  template <class T, class S, class P, class Q>
  static auto append(const Operation&, const Symbolic<T, S, P>& a, const Symbolic<T, S, Q>& b) {
    using Result = Shape<S::dims[0], 1>;
    const int first = a.use(), second = b.use();
    const int edge = a.graph().append(Stage(first, second).computed_by(&PairwiseDistanceStage<T, Operation, S>::run),
                                      bytes<T, Result>);
    return Symbolic<T, Result>(a.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
