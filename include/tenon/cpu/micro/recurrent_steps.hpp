/// \file
/// Recurrent layers on packed weights: all gates of a step in one pass, the sums in registers.
#pragma once

#include "../../core/recurrent_cell.hpp"
#include "../../core/sequence_rows.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {
/// The narrowest vector that holds `count` elements, or the widest one.
template <class T, index_t Count, std::size_t Size = ShortVector<T>::size>
struct NarrowVector : NarrowVector<T, Count, 2 * Size> {};
template <class T, index_t Count, std::size_t Size>
  requires(static_cast<index_t>(Size) >= Count || Size == Vector<T>::size)
struct NarrowVector<T, Count, Size> {
  using type = std::conditional_t<std::is_void_v<SizedVector<T, Size>>, Vector<T>, SizedVector<T, Size>>;
};
}  // namespace detail

/// One direction of a layer of `Cell`s with `Hidden` units over rows of `Inputs` elements, on packed weights of type
/// `W`.
///
/// Hidden units are taken in panels of a vector, some at a time; what is left over makes a narrower one. A group of
/// panels is, for each of them, its sums' biases, and then, for each input and each hidden value, the weights of its
/// gates: one stream, read once per step. `packed` is aligned to a vector.
template <class Cell, class T, index_t Inputs, index_t Hidden, class W = T>
class RecurrentSteps {
  static constexpr int gates = Cell::gates, sums = Cell::sums;
  static constexpr index_t whole_panels = Hidden / lanes<T>, rest = Hidden % lanes<T>;
  using Rest = typename detail::NarrowVector<T, rest>::type;
  /// Panels at a time: as many as have room in the registers with a broadcast value beside them.
  static constexpr int most_panels = (std::max)(1, (std::min)(hiding_chains, vector_registers - 2) / sums);

 public:
  /// Elements of the packed weights.
  static constexpr index_t packed_size() {
    return (whole_panels * lanes<T> + (rest > 0 ? static_cast<index_t>(Rest::size) : 0)) *
           (sums + gates * (Inputs + Hidden));
  }

  /// Packs weights (gates * Hidden, Inputs) and (gates * Hidden, Hidden) and biases (gates * Hidden), which may be
  /// null.
  static void pack(const T* weight_ih, const T* weight_hh, const T* bias_ih, const T* bias_hh, W* packed) {
    for_each_group([&]<class V, int Panels>(index_t first) {
      constexpr auto width = static_cast<index_t>(V::size);
      const auto put = [&](int gate, index_t panel, auto&& value) {
        for (index_t unit = first + panel * width; unit < first + (panel + 1) * width; ++unit)
          *packed++ = static_cast<W>(unit < Hidden ? value(gate * Hidden + unit) : T(0));
      };
      const auto at = [](const T* bias, index_t row) { return bias ? bias[row] : T(0); };
      for (index_t panel = 0; panel < Panels; ++panel)
        for (int sum = 0; sum < sums; ++sum)
          put(sum < gates ? sum : Cell::separate, panel, [&](index_t row) {
            if (sum == gates) return at(bias_hh, row);
            return sum == Cell::separate ? at(bias_ih, row) : at(bias_ih, row) + at(bias_hh, row);
          });
      for (index_t k = 0; k < Inputs + Hidden; ++k)
        for (index_t panel = 0; panel < Panels; ++panel)
          for (int gate = 0; gate < gates; ++gate)
            put(gate, panel, [&](index_t row) {
              return k < Inputs ? weight_ih[row * Inputs + k] : weight_hh[row * Hidden + (k - Inputs)];
            });
    });
  }

  /// From `x` (rows, Inputs) the hidden values `y` (rows, Hidden), from the last step on if `reverse`. The states
  /// before the first step are `hidden` (batch, Hidden) and, in the memory which moves, `memory` (batch, Hidden), null
  /// if the cell has none. The rows are not packed.
  static void run(const SequenceRows& rows, bool reverse, const T* x, const W* packed, const T* hidden, T* memory,
                  T* y) noexcept {
    index_t state_stride = Hidden;
    for (index_t i = 0; i < rows.steps; ++i) {
      const index_t first = rows.first(reverse ? rows.steps - 1 - i : i), stride = rows.stride();
      const W* weights = packed;
      for_each_group([&]<class V, int Panels>(index_t unit) {
        for (index_t b = 0; b < rows.batch; ++b) {
          const index_t row = first + b * stride;
          step<V, Panels>(unit, x + row * Inputs, weights, hidden + b * state_stride,
                          Cell::remembers ? memory + b * Hidden : nullptr, y + row * Hidden);
        }
        weights += Panels * static_cast<index_t>(V::size) * (sums + gates * (Inputs + Hidden));
      });
      hidden = y + first * Hidden;
      state_stride = stride * Hidden;
    }
  }

 private:
  /// Calls `f.template operator()<vector, panels>(first unit)` for each group of panels.
  template <class F>
  TENON_ALWAYS_INLINE static constexpr void for_each_group(F&& f) {
    using V = Vector<T>;
    index_t panel = 0;
    for (; panel + most_panels <= whole_panels; panel += most_panels)
      f.template operator()<V, most_panels>(panel * lanes<T>);
    constexpr index_t left = whole_panels % most_panels;
    if constexpr (left > 0) f.template operator()<V, static_cast<int>(left)>((whole_panels - left) * lanes<T>);
    if constexpr (rest > 0) f.template operator()<Rest, 1>(whole_panels * lanes<T>);
  }

  /// The units `unit` and up of one row: `x` (Inputs), `hidden`, `memory` and `y` (Hidden).
  template <class V, int Panels>
  TENON_FLATTEN static void step(index_t unit, const T* x, const W* packed, const T* hidden, T* memory, T* y) noexcept {
    constexpr auto width = static_cast<index_t>(V::size);
    constexpr int accumulators = Panels * gates;
    constexpr int chains = accumulators >= hiding_chains ? 1 : accumulators * 2 >= hiding_chains ? 2 : 4;
    V sum[std::size_t{Panels} * std::size_t{sums}], more[std::size_t{chains} * std::size_t{accumulators}];
    unroll<Panels * sums>([&](auto s) TENON_ALWAYS_INLINE { sum[s] = load<V>(packed + s * width); });
    unroll<(chains - 1) * accumulators>([&](auto s) TENON_ALWAYS_INLINE { more[s] = V(T(0)); });
    packed += index_t{Panels} * sums * width;
    const auto add = [&](auto chain, auto of_hidden, T value) TENON_ALWAYS_INLINE {
      const V factor(value);
      unroll<accumulators>([&](auto a) TENON_ALWAYS_INLINE {
        constexpr int panel = a / gates, gate = a % gates;
        constexpr bool apart = of_hidden && gate == Cell::separate;
        // The sum that stays apart has one chain: it is a fraction of the work.
        V& s = chain == 0 || gate == Cell::separate ? sum[panel * sums + (apart ? gates : gate)]
                                                    : more[(chain - 1) * accumulators + a];
        s = xsimd::fma(factor, load<V>(packed + a * width), s);
      });
      packed += accumulators * width;
    };
    const auto add_all = [&](auto of_hidden, auto count, const T* values) TENON_ALWAYS_INLINE {
      constexpr index_t all = decltype(count)::value, whole = all - all % chains;
      for (index_t k = 0; k < whole; k += chains)
        unroll<chains>([&](auto chain) TENON_ALWAYS_INLINE { add(chain, of_hidden, values[k + chain]); });
      unroll<static_cast<int>(all - whole)>([&](auto k) TENON_ALWAYS_INLINE { add(k, of_hidden, values[whole + k]); });
    };
    add_all(std::false_type{}, std::integral_constant<index_t, Inputs>{}, x);
    add_all(std::true_type{}, std::integral_constant<index_t, Hidden>{}, hidden);
    unroll<Panels>([&](auto panel) TENON_ALWAYS_INLINE {
      V of_unit[std::size_t{sums}], keep[std::size_t{Cell::kept}], remembered(T(0));
      unroll<sums>([&](auto s) TENON_ALWAYS_INLINE {
        of_unit[s] = sum[panel * sums + s];
        if constexpr (s < gates && s != Cell::separate)
          unroll<chains - 1>([&](auto chain)
                                 TENON_ALWAYS_INLINE { of_unit[s] += more[chain * accumulators + panel * gates + s]; });
      });
      const index_t at = unit + panel * width, count = Hidden - at;
      V state = load_up_to<V>(hidden + at, count);
      if constexpr (Cell::remembers) remembered = load_up_to<V>(memory + at, count);
      Cell::step(of_unit, state, remembered, keep);
      if constexpr (Cell::remembers) store_first(remembered, memory + at, count);
      store_first(state, y + at, count);
    });
  }
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
