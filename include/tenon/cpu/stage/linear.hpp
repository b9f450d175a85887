/// \file
/// Linear stages.
#pragma once

#include "../../nn/linear.hpp"
#include "../micro/dot_product.hpp"
#include "../micro/gemv.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// The packed inputs of a Linear: how many there are, and in `source(i)` the column of the weights that multiplies
/// packed input `i`, -1 for none.
template <class T, index_t In, class Layout>
struct LinearColumns {
  using reads = plan::Plain;
  static constexpr index_t inputs = In;
  static index_t source(index_t i) { return i; }
};
/// The packed inputs of a Linear whose rows are flattened blocked images: the weights are permuted, not the data.
template <class T, index_t In, index_t Channels, index_t Pixels>
struct LinearColumns<T, In, plan::FlattenedBlocked<Channels, Pixels>> {
  using reads = plan::FlattenedBlocked<Channels, Pixels>;
  static constexpr index_t inputs = micro::blocked_size<T>(1, Channels, Pixels);
  static index_t source(index_t i) {
    const index_t lane = i % micro::lanes<T>, pixel = i / micro::lanes<T> % Pixels;
    const index_t channel = i / (micro::lanes<T> * Pixels) * micro::lanes<T> + lane;
    return channel < Channels ? channel * Pixels + pixel : -1;
  }
};

/// The properties of a Linear that decide which kernel computes it.
struct LinearProblem {
  index_t rows, inputs, outputs, lanes;
};

/// The kernel for a handful of outputs, where a vector of outputs would be mostly padding: dot products along the
/// inputs.
struct FewOutputsLinear {
  static constexpr std::string_view name = "dot products";
  static constexpr plan::Acceptance accepts(const LinearProblem& linear) {
    if (4 * linear.outputs > linear.lanes) return {"its outputs fill more than a quarter of a vector"};
    if (linear.inputs < 2 * linear.lanes) return {"its inputs fill less than two vectors"};
    return plan::accepted;
  }
  template <class T, class Epilogue = micro::Epilogue<T>>
  struct micro_kernel : micro::DotProducts<T, Epilogue, stored_weight_t<T>> {
    using Base = micro::DotProducts<T, Epilogue, stored_weight_t<T>>;
    static constexpr index_t packed_size(index_t in, index_t) { return Base::packed_size(in); }
    /// Computes `y` (rows, out) from `x` (rows, in) and packed weights.
    static void run(index_t rows, index_t in, index_t out, const T* x, const stored_weight_t<T>* packed, T* y,
                    Epilogue epilogue) noexcept {
      for (index_t row = 0; row < rows; ++row) Base::run_row(in, out, x + row * in, packed, y + row * out, epilogue);
    }
  };
};
/// The kernel for one row: a product of a matrix and a vector.
struct RowLinear {
  static constexpr std::string_view name = "matrix times vector";
  static constexpr plan::Acceptance accepts(const LinearProblem& linear) {
    return linear.rows == 1 ? plan::accepted : plan::Acceptance{"several rows"};
  }
  template <class T, class Epilogue = micro::Epilogue<T>>
  struct micro_kernel : micro::PackedLinear<T, Epilogue, stored_weight_t<T>> {
    /// Computes `y` (out) from `x` (in) and packed weights.
    static void run(index_t, index_t in, index_t out, const T* x, const stored_weight_t<T>* packed, T* y,
                    Epilogue epilogue) noexcept {
      micro_kernel::run_row(in, out, x, packed, y, epilogue);
    }
  };
};
/// The kernel for several rows, by register tiles.
struct RowsLinear {
  static constexpr std::string_view name = "matrix times rows";
  static constexpr plan::Acceptance accepts(const LinearProblem&) { return plan::accepted; }
  template <class T, class Epilogue = micro::Epilogue<T>>
  using micro_kernel = micro::PackedLinear<T, Epilogue, stored_weight_t<T>>;
};

/// The kernel of a Linear of `Rows` rows by `Chosen`.
template <class Chosen, class T, index_t Rows, index_t In, index_t Out, class Layout>
struct LinearKernel : plan::KernelTraits {
  static constexpr std::string_view name = Chosen::name;
  using Columns = LinearColumns<T, In, Layout>;
  using reads = typename Columns::reads;
  static constexpr bool takes_functions = true, adds = true;
  static constexpr std::size_t packed_bytes =
      bytes_of<stored_weight_t<T>>(Chosen::template micro_kernel<T>::packed_size(Columns::inputs, Out));

  template <class Function>
  static void run(const plan::Call& call) noexcept {
    const auto epilogue = epilogue_of<T, Function>(call);
    Chosen::template micro_kernel<T, std::remove_const_t<decltype(epilogue)>>::run(
        Rows, Columns::inputs, Out, call.in<T>(), call.packed<stored_weight_t<T>>(), call.out<T>(), epilogue);
  }
  static void pack(const plan::Source& source, std::byte* packed) {
    const plan::Folded<T> folded(source, Out);
    Chosen::template micro_kernel<T>::pack(Columns::inputs, Out, In, folded.weights(),
                                           reinterpret_cast<stored_weight_t<T>*>(packed), &Columns::source);
  }
};

template <index_t In, index_t Out>
struct Stage<operation::Linear<In, Out>> {
  template <class X>
  using Columns = LinearColumns<typename X::value_type, In, typename X::layout>;
  template <class X>
  static constexpr index_t rows = X::static_shape::size / In;
  template <class X>
  struct Problem {
    static constexpr LinearProblem value{rows<X>, Columns<X>::inputs, Out, micro::lanes<typename X::value_type>};
  };
  template <class X>
  using kernels = plan::FirstAccepting<Problem<X>, FewOutputsLinear, RowLinear, RowsLinear>;
  template <class X>
  struct kernel
      : LinearKernel<typename kernels<X>::type, typename X::value_type, rows<X>, In, Out, typename X::layout> {
    static constexpr plan::Constants<plan::Refusal> refusals = kernels<X>::refusals;
    // A batch normalization folds in where its channels, axis 1, are the features.
    static constexpr index_t folds_channels = X::static_shape::rank == 2 ? Out : 0;
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
