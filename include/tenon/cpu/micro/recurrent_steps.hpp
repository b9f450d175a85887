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
/// Hidden units are taken in panels of a vector, some at a time; what is left over makes a narrower one, which goes
/// with the last of them if there is room. A group of panels is, for each of them, its sums' biases, and then, for each
/// input and each hidden value, the weights of its gates: one stream, read once per step. `packed` is aligned to a
/// vector.
template <class Cell, class T, index_t Inputs, index_t Hidden, class W = T>
class RecurrentSteps {
  static constexpr int gates = Cell::gates, sums = Cell::sums;
  static constexpr index_t whole_panels = Hidden / lanes<T>, rest = Hidden % lanes<T>;
  using V = Vector<T>;
  using Rest = typename detail::NarrowVector<T, rest>::type;
  /// Packed elements of a unit.
  static constexpr index_t per_unit = sums + gates * (Inputs + Hidden);
  /// Panels at a time: as many as have room in the registers with a broadcast value beside them.
  static constexpr index_t most_panels = (std::max)(1, (std::min)(hiding_chains, vector_registers - 2) / sums);
  static constexpr index_t full_groups = whole_panels == 0 ? 0 : (whole_panels - 1) / most_panels,
                           last_panels = whole_panels - full_groups * most_panels;
  /// Whether the narrow panel goes with the last whole ones.
  static constexpr bool joins = rest > 0 && last_panels > 0 && (last_panels + 1) * sums <= vector_registers - 2;

 public:
  /// Elements of the packed weights.
  static constexpr index_t packed_size() {
    return (whole_panels * lanes<T> + (rest > 0 ? static_cast<index_t>(Rest::size) : 0)) * per_unit;
  }

  /// Packs weights (gates * Hidden, Inputs) and (gates * Hidden, Hidden) and biases (gates * Hidden), which may be
  /// null.
  static void pack(const T* weight_ih, const T* weight_hh, const T* bias_ih, const T* bias_hh, W* packed) {
    for_each_group([&]<int Panels, bool Narrow>(index_t first) {
      const auto pack_panels = [&]<class U>(const U*, index_t panels, index_t from) {
        constexpr auto width = static_cast<index_t>(U::size);
        const auto put = [&](int gate, index_t panel, auto&& value) {
          for (index_t unit = from + panel * width; unit < from + (panel + 1) * width; ++unit)
            *packed++ = static_cast<W>(unit < Hidden ? value(gate * Hidden + unit) : T(0));
        };
        const auto at = [](const T* bias, index_t row) { return bias ? bias[row] : T(0); };
        for (index_t panel = 0; panel < panels; ++panel)
          for (int sum = 0; sum < sums; ++sum)
            put(sum < gates ? sum : Cell::separate, panel, [&](index_t row) {
              if (sum == gates) return at(bias_hh, row);
              return sum == Cell::separate ? at(bias_ih, row) : at(bias_ih, row) + at(bias_hh, row);
            });
        for (index_t k = 0; k < Inputs + Hidden; ++k)
          for (index_t panel = 0; panel < panels; ++panel)
            for (int gate = 0; gate < gates; ++gate)
              put(gate, panel, [&](index_t row) {
                return k < Inputs ? weight_ih[row * Inputs + k] : weight_hh[row * Hidden + (k - Inputs)];
              });
      };
      pack_panels(static_cast<const V*>(nullptr), Panels, first);
      if constexpr (Narrow) pack_panels(static_cast<const Rest*>(nullptr), 1, first + Panels * lanes<T>);
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
      for_each_group([&]<int Panels, bool Narrow>(index_t unit) {
        for (index_t b = 0; b < rows.batch; ++b) {
          const index_t row = first + b * stride;
          step<Panels, Narrow>(unit, x + row * Inputs, weights, hidden + b * state_stride,
                               Cell::remembers ? memory + b * Hidden : nullptr, y + row * Hidden);
        }
        weights += (Panels * lanes<T> + (Narrow ? static_cast<index_t>(Rest::size) : 0)) * per_unit;
      });
      hidden = y + first * Hidden;
      state_stride = stride * Hidden;
    }
  }

 private:
  /// Calls `f.template operator()<whole panels, whether the narrow one follows>(first unit)` for each group.
  template <class F>
  TENON_ALWAYS_INLINE static constexpr void for_each_group(F&& f) {
    for (index_t group = 0; group < full_groups; ++group)
      f.template operator()<int{most_panels}, false>(group * most_panels * lanes<T>);
    constexpr index_t unit = full_groups * most_panels * lanes<T>;
    if constexpr (joins) {
      f.template operator()<int{last_panels}, true>(unit);
    } else {
      if constexpr (last_panels > 0) f.template operator()<int{last_panels}, false>(unit);
      if constexpr (rest > 0) f.template operator()<0, true>(whole_panels * lanes<T>);
    }
  }

  /// The sums of `Panels` panels of vectors `U`, each in `Chains` parts.
  template <class U, int Panels, int Chains>
  struct Sums {
    static constexpr int accumulators = Panels * gates;
    static constexpr auto width = static_cast<index_t>(U::size);
    U sum[std::size_t{Panels} * std::size_t{sums}], more[std::size_t{Chains} * std::size_t{accumulators}];

    TENON_ALWAYS_INLINE const W* start(const W* packed) noexcept {
      unroll<Panels * sums>([&](auto s) TENON_ALWAYS_INLINE { sum[s] = load<U>(packed + s * width); });
      unroll<(Chains - 1) * accumulators>([&](auto s) TENON_ALWAYS_INLINE { more[s] = U(T(0)); });
      return packed + index_t{Panels} * sums * width;
    }
    /// Adds the products of `value` and the next weights.
    template <class Chain, class OfHidden>
    TENON_ALWAYS_INLINE const W* add(Chain chain, OfHidden of_hidden, T value, const W* packed) noexcept {
      const U factor(value);
      unroll<accumulators>([&](auto a) TENON_ALWAYS_INLINE {
        constexpr int panel = a / gates, gate = a % gates;
        constexpr bool apart = of_hidden && gate == Cell::separate;
        // The sum that stays apart has one chain: it is a fraction of the work.
        U& s = chain == 0 || gate == Cell::separate ? sum[panel * sums + (apart ? gates : gate)]
                                                    : more[(chain - 1) * accumulators + a];
        s = xsimd::fma(factor, load<U>(packed + a * width), s);
      });
      return packed + accumulators * width;
    }
    /// Makes a step of the units `unit` and up of `hidden`, `memory` and `y` (Hidden).
    TENON_ALWAYS_INLINE void finish(index_t unit, const T* hidden, T* memory, T* y) noexcept {
      unroll<Panels>([&](auto panel) TENON_ALWAYS_INLINE {
        U of_unit[std::size_t{sums}], keep[std::size_t{Cell::kept}], remembered(T(0));
        unroll<sums>([&](auto s) TENON_ALWAYS_INLINE {
          of_unit[s] = sum[panel * sums + s];
          if constexpr (s < gates && s != Cell::separate)
            unroll<Chains - 1>(
                [&](auto chain) TENON_ALWAYS_INLINE { of_unit[s] += more[chain * accumulators + panel * gates + s]; });
        });
        const index_t at = unit + panel * width, count = Hidden - at;
        U state = load_up_to<U>(hidden + at, count);
        if constexpr (Cell::remembers) remembered = load_up_to<U>(memory + at, count);
        Cell::step(of_unit, state, remembered, keep);
        if constexpr (Cell::remembers) store_first(remembered, memory + at, count);
        store_first(state, y + at, count);
      });
    }
  };
  template <class U, int Chains>
  struct Sums<U, 0, Chains> {
    TENON_ALWAYS_INLINE const W* start(const W* packed) noexcept { return packed; }
    template <class Chain, class OfHidden>
    TENON_ALWAYS_INLINE const W* add(Chain, OfHidden, T, const W* packed) noexcept {
      return packed;
    }
    TENON_ALWAYS_INLINE void finish(index_t, const T*, T*, T*) noexcept {}
  };

  /// The units `unit` and up of one row: `x` (Inputs), `hidden`, `memory` and `y` (Hidden).
  template <int Panels, bool Narrow>
  TENON_FLATTEN static void step(index_t unit, const T* x, const W* packed, const T* hidden, T* memory, T* y) noexcept {
    constexpr int accumulators = (Panels + int{Narrow}) * gates;
    constexpr int chains = accumulators >= hiding_chains ? 1 : accumulators * 2 >= hiding_chains ? 2 : 4;
    Sums<V, Panels, chains> whole;
    Sums<Rest, int{Narrow}, chains> narrow;
    const W* of_whole = whole.start(packed);
    const W* of_narrow = narrow.start(packed + Panels * lanes<T> * per_unit);
    const auto add = [&](auto chain, auto of_hidden, T value) TENON_ALWAYS_INLINE {
      of_whole = whole.add(chain, of_hidden, value, of_whole);
      of_narrow = narrow.add(chain, of_hidden, value, of_narrow);
    };
    const auto add_all = [&](auto of_hidden, auto count, const T* values) TENON_ALWAYS_INLINE {
      constexpr index_t all = decltype(count)::value, complete = all - all % chains;
      for (index_t k = 0; k < complete; k += chains)
        unroll<chains>([&](auto chain) TENON_ALWAYS_INLINE { add(chain, of_hidden, values[k + chain]); });
      unroll<static_cast<int>(all - complete)>([&](auto k)
                                                   TENON_ALWAYS_INLINE { add(k, of_hidden, values[complete + k]); });
    };
    add_all(std::false_type{}, std::integral_constant<index_t, Inputs>{}, x);
    add_all(std::true_type{}, std::integral_constant<index_t, Hidden>{}, hidden);
    whole.finish(unit, hidden, memory, y);
    narrow.finish(unit + Panels * lanes<T>, hidden, memory, y);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
