/// \file
/// Linear layers of few rows on packed weights: a matrix-vector product for one row, a register tile for several.
#pragma once

#include <functional>

#include "../../core/folded_weights.hpp"
#include "epilogue.hpp"
#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Computes `y = epilogue(x W^T + bias)` for `x` (batch, in) and `y` (batch, out), both plain rows.
///
/// Outputs are taken in panels of `panel_vectors` vectors, the last one narrower. A panel has its biases, then for each
/// input the weights of all its outputs, (1 + in, outputs of the panel): one stream, read once per row tile. Packed
/// weights are of type `W`, aligned as `load` asks.
template <class T, class Epilogue = micro::Epilogue<T>, class W = T>
class PackedLinear {
  using V = Vector<T>;

 public:
  /// Elements of the packed weights.
  static constexpr index_t packed_size(index_t in, index_t out) { return vectors_for<T>(out) * lanes<T> * (in + 1); }

  /// Packs `weights.weight` (out, source_columns) to `packed`, of `packed_size` elements. `source_column(i)` is the
  /// column that multiplies packed input `i`, or -1 for none: so a Linear behind the Flatten of a blocked image reads
  /// the image as it lies. An input without a column must still be finite, because it is multiplied by zero.
  template <class SourceColumn = std::identity>
  static void pack(index_t in, index_t out, index_t source_columns, const FoldedWeights<T>& weights, W* packed,
                   SourceColumn source_column = {}) {
    for_each_panel(out, [&](index_t first, index_t vectors) {
      const index_t width = vectors * lanes<T>;
      const index_t last = first + width < out ? first + width : out;
      for (index_t o = first; o < first + width; ++o)
        *packed++ = static_cast<W>(o < last ? weights.folded_bias(o) : T(0));
      for (index_t i = 0; i < in; ++i) {
        const auto column = static_cast<index_t>(source_column(i));
        for (index_t o = first; o < first + width; ++o)
          *packed++ =
              static_cast<W>(o < last && column >= 0 ? weights.folded_weight(o, o * source_columns + column) : T(0));
      }
    });
  }

  /// Computes one row: `x` (in), `y` (out).
  static void run_row(index_t in, index_t out, const T* x, const W* packed, T* y, Epilogue epilogue = {}) noexcept {
    constexpr index_t pair = 2 * panel_vectors * lanes<T>;
    index_t first = 0;
    // Two panels at a time make eight chains, and half as many broadcasts of x.
    for (; out - first > pair - lanes<T>; first += pair, packed += pair * (in + 1))
      gemv<panel_vectors, 2>(in, panel_vectors, out - first, x, packed, y + first, epilogue);
    for_each_panel(out - first, [&](index_t offset, index_t vectors) {
      const index_t column = first + offset;
      dispatch(vectors, [&](auto n, index_t skip) {
        gemv<n, 1>(in, vectors, out - column - skip, x, packed + skip, y + column + skip, epilogue);
      });
      packed += vectors * lanes<T> * (in + 1);
    });
  }

  /// Computes several rows: `x` (batch, in), `y` (batch, out).
  static void run(index_t batch, index_t in, index_t out, const T* x, const W* packed, T* y,
                  Epilogue epilogue = {}) noexcept {
    if (batch < few_rows) {
      for (index_t row = 0; row < batch; ++row) run_row(in, out, x + row * in, packed, y + row * out, epilogue);
      return;
    }
    for_each_panel(out, [&](index_t first, index_t vectors) {
      dispatch(vectors, [&](auto n, index_t skip) {
        const index_t column = first + skip;
        const auto tiles = [&](auto rows) {
          // The last tile reaches back over rows already done rather than leaving a few of them to a slower kernel.
          for (index_t row = 0; row < batch; row += rows) {
            const index_t start = row + rows <= batch ? row : batch - rows;
            tile<rows, n>(in, out, vectors, out - column, x + start * in, packed + skip, y + start * out + column,
                          epilogue);
          }
        };
        if (batch >= many_rows)
          tiles(std::integral_constant<int, many_rows>{});
        else
          tiles(std::integral_constant<int, few_rows>{});
      });
      packed += vectors * lanes<T> * (in + 1);
    });
  }

 private:
  static constexpr int panel_vectors = 4;
  static constexpr int many_rows = vector_registers == 32 ? 6 : 3;
  static constexpr int few_rows = vector_registers == 32 ? 3 : 2;

  /// Calls `f(first output, vectors)` for each panel.
  template <class F>
  TENON_ALWAYS_INLINE static constexpr void for_each_panel(index_t out, F&& f) {
    for (index_t first = 0; first < out; first += panel_vectors * lanes<T>) {
      const index_t vectors = vectors_for<T>(out - first);
      f(first, vectors < panel_vectors ? vectors : index_t{panel_vectors});
    }
  }

  /// Splits a panel into kernels of a static number of vectors: `f(vectors, offset of the first column)`.
  template <class F>
  TENON_ALWAYS_INLINE static void dispatch(index_t vectors, F&& f) {
    if (vectors == 4) return f(std::integral_constant<int, 4>{}, index_t{0});
    if (vectors & 2) f(std::integral_constant<int, 2>{}, index_t{0});
    if (vectors & 1) f(std::integral_constant<int, 1>{}, (vectors & 2) * lanes<T>);
  }

  /// Computes `Panels` neighbouring panels of one row: `x` (in), `y` (columns). Each panel of `packed` is `width`
  /// vectors wide, of which `Vectors` are computed.
  template <int Vectors, int Panels>
  static void gemv(index_t in, index_t width, index_t columns, const T* x, const W* packed, T* y,
                   Epilogue epilogue) noexcept {
    constexpr int accumulators = Vectors * Panels;
    constexpr int chains = accumulators < hiding_chains ? hiding_chains / accumulators : 1;
    const index_t step = width * lanes<T>;
    const index_t panel = step * (in + 1);
    const auto weights = [&](auto v) TENON_ALWAYS_INLINE {
      return load<V>(packed + (v / Vectors) * panel + (v % Vectors) * lanes<T>);
    };
    V sum[std::size_t{chains} * std::size_t{accumulators}];
    unroll<accumulators>([&](auto v) TENON_ALWAYS_INLINE { sum[v] = weights(v); });
    unroll<(chains - 1) * accumulators>([&](auto v) TENON_ALWAYS_INLINE { sum[accumulators + v] = V(T(0)); });
    packed += step;
    const index_t chained = in - in % chains;
    for (index_t i = 0; i < chained; i += chains) {
      unroll<chains>([&](auto chain) TENON_ALWAYS_INLINE {
        const V input(x[i + chain]);
        unroll<accumulators>([&](auto v) TENON_ALWAYS_INLINE {
          V& s = sum[chain * accumulators + v];
          s = xsimd::fma(input, weights(v), s);
        });
        packed += step;
      });
    }
    for (index_t i = chained; i < in; ++i, packed += step) {
      const V input(x[i]);
      unroll<accumulators>([&](auto v) TENON_ALWAYS_INLINE { sum[v] = xsimd::fma(input, weights(v), sum[v]); });
    }
    unroll<accumulators>([&](auto v) TENON_ALWAYS_INLINE {
      sum[v] = add_chains<chains, accumulators>(sum + v);
      T* const to = y + v * lanes<T>;
      store_first<T>(epilogue(sum[v], to, columns - v * lanes<T>), to, columns - v * lanes<T>);
    });
  }

  /// Returns the sum of `Chains` (a power of two) vectors that lie `Step` apart, added as a tree.
  template <int Chains, int Step>
  TENON_ALWAYS_INLINE static V add_chains(const V* sum) {
    if constexpr (Chains == 1)
      return *sum;
    else
      return add_chains<Chains / 2, Step>(sum) + add_chains<Chains / 2, Step>(sum + Chains / 2 * Step);
  }

  /// Computes `Rows` x `Vectors` accumulators: `x` (Rows, in), `y` (Rows, columns), whose rows begin `out` apart. The
  /// panel of `packed` is `width` vectors wide.
  template <int Rows, int Vectors>
  static void tile(index_t in, index_t out, index_t width, index_t columns, const T* x, const W* packed, T* y,
                   Epilogue epilogue) noexcept {
    V sum[std::size_t{Rows} * std::size_t{Vectors}];
    unroll<Vectors>([&](auto v) TENON_ALWAYS_INLINE {
      const V bias = load<V>(packed + v * lanes<T>);
      unroll<Rows>([&](auto row) TENON_ALWAYS_INLINE { sum[row * Vectors + v] = bias; });
    });
    for (index_t i = 0; i < in; ++i) {
      packed += width * lanes<T>;
      unroll<Vectors>([&](auto v) TENON_ALWAYS_INLINE {
        const V weight = load<V>(packed + v * lanes<T>);
        unroll<Rows>([&](auto row) TENON_ALWAYS_INLINE {
          V& s = sum[row * Vectors + v];
          s = xsimd::fma(V(x[row * in + i]), weight, s);
        });
      });
    }
    unroll<Rows>([&](auto row) TENON_ALWAYS_INLINE {
      unroll<Vectors>([&](auto v) TENON_ALWAYS_INLINE {
        T* const to = y + row * out + v * lanes<T>;
        store_first<T>(epilogue(sum[row * Vectors + v], to, columns - v * lanes<T>), to, columns - v * lanes<T>);
      });
    });
  }
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
