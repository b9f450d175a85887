/// \file
/// Linear layers with a handful of outputs, where a vector of outputs would be mostly padding.
#pragma once

#include <algorithm>

#include "../../core/folded_weights.hpp"
#include "epilogue.hpp"
#include "interleave.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Computes `y = epilogue(W x + bias)` by vectors of inputs, for up to `most_outputs` outputs. Packed weights are
/// aligned as `load` asks.
template <class T, class Epilogue = micro::Epilogue<T>, class W = T>
class DotProducts {
  using V = Vector<T>;
  using Short = ShortVector<T>;

 public:
  static constexpr index_t most_outputs = lanes<T> / 4;

  /// Elements of the packed weights.
  static constexpr index_t packed_size(index_t in) { return lanes<T> * (1 + vectors_for<T>(in) * most_outputs); }

  /// Packs `weights.weight` (out, source_columns) to `packed`, of `packed_size` elements: the biases, then for each
  /// vector of inputs its weights for every output. Spare inputs and outputs get zeros, and so do inputs whose
  /// `source_column(i)`, the column that multiplies packed input `i`, is -1.
  template <class SourceColumn>
  static void pack(index_t in, index_t out, index_t source_columns, const FoldedWeights<T>& weights, W* packed,
                   const SourceColumn& source_column) {
    for (index_t o = 0; o < lanes<T>; ++o) *packed++ = static_cast<W>(o < out ? weights.folded_bias(o) : T(0));
    for (index_t first = 0; first < in; first += lanes<T>) {
      for (index_t o = 0; o < most_outputs; ++o) {
        for (index_t i = first; i < first + lanes<T>; ++i) {
          const index_t column = o < out && i < in ? static_cast<index_t>(source_column(i)) : -1;
          *packed++ = static_cast<W>(column < 0 ? T(0) : weights.folded_weight(o, o * source_columns + column));
        }
      }
    }
  }

  /// Computes one row: `x` (in), `y` (out).
  static void run_row(index_t in, index_t out, const T* x, const W* packed, T* y, Epilogue epilogue) noexcept {
    constexpr int outputs = static_cast<int>(most_outputs);
    V sum[std::size_t{outputs}];
    unroll<outputs>([&](auto o) TENON_ALWAYS_INLINE { sum[o] = V(T(0)); });
    const W* weights = packed + lanes<T>;
    const auto add = [&](const V& input) TENON_ALWAYS_INLINE {
      unroll<outputs>([&](auto o)
                          TENON_ALWAYS_INLINE { sum[o] = xsimd::fma(input, load<V>(weights + o * lanes<T>), sum[o]); });
      weights += outputs * lanes<T>;
    };
    index_t i = 0;
    for (; i + lanes<T> <= in; i += lanes<T>) add(V::load_unaligned(x + i));
    if (i < in) {
      alignas(V) T rest[static_cast<std::size_t>(lanes<T>)] = {};
      std::copy_n(x + i, in - i, rest);
      add(V::load_aligned(rest));
    }

    // The lanes of each sum are added up: the short vectors of a vector first, then the lanes of these by a transpose.
    alignas(V) T parts[static_cast<std::size_t>(most_outputs * lanes<T>)];
    unroll<outputs>([&](auto o) TENON_ALWAYS_INLINE { sum[o].store_aligned(parts + o * lanes<T>); });
    Short rows[static_cast<std::size_t>(short_lanes<T>)];
    unroll<short_lanes<T>>([&](auto o) TENON_ALWAYS_INLINE {
      if constexpr (o < outputs) {
        rows[o] = Short::load_aligned(parts + o * lanes<T>);
        unroll<static_cast<int>(lanes<T>) / short_lanes<T> - 1>([&](auto part) TENON_ALWAYS_INLINE {
          rows[o] += Short::load_aligned(parts + o * lanes<T> + (part + 1) * short_lanes<T>);
        });
      } else {
        rows[o] = Short(T(0));
      }
    });
    transpose<T>(rows);
    Short result = load<Short>(packed);
    unroll<short_lanes<T>>([&](auto row) TENON_ALWAYS_INLINE { result += rows[row]; });
    epilogue(result, y, out).store_aligned(parts);
    for (index_t o = 0; o < out; ++o) y[o] = parts[o];
  }
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
