/// \file
/// Stages of streams, which remember what their windows still need of earlier pieces.
#pragma once

#include "../../plan/time_rules.hpp"
#include "conv.hpp"
#include "pooling.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// The latest elements of a sequence, twice in a row of twice their number, so that they lie one behind the other
/// wherever the oldest is: no step moves them. For windows that reach far back.
///
/// The sequence has `Planes` rows of elements of `Unit` numbers; a piece adds `Piece` elements to `Older` earlier ones.
template <class T, index_t Planes, index_t Unit, index_t Older, index_t Piece>
struct MirroredHistory {
  /// The elements of a window, and from one row of windows to the next.
  static constexpr index_t window = Older + Piece, pitch = 2 * window;
  static constexpr std::size_t state_bytes = memory::alignment + bytes_of<T>(Planes * pitch * Unit), scratch_bytes = 0;

  /// Appends `x` (Planes, Piece, Unit), and returns the windows, rows that begin `pitch` elements apart.
  static const T* append(const T* x, std::byte* state, std::byte*) noexcept {
    index_t& next = *reinterpret_cast<index_t*>(state);  // where the oldest element is, and the next one goes
    T* const rows = reinterpret_cast<T*>(state + memory::alignment);
    const index_t until_end = (std::min)(Piece, window - next), from_start = Piece - until_end;
    for (index_t plane = 0; plane < Planes; ++plane) {
      T* const row = rows + plane * pitch * Unit;
      const T* const piece = x + plane * Piece * Unit;
      for (T* const copy : {row, row + window * Unit}) {
        std::copy_n(piece, until_end * Unit, copy + next * Unit);
        std::copy_n(piece + until_end * Unit, from_start * Unit, copy);
      }
    }
    next = next + Piece < window ? next + Piece : next + Piece - window;
    return rows + next * Unit;
  }
};

/// The latest elements of a sequence, moved in each step. For windows that reach back a few elements, which then lie in
/// rows without gaps.
template <class T, index_t Planes, index_t Unit, index_t Older, index_t Piece>
struct MovedHistory {
  static constexpr index_t window = Older + Piece, pitch = window;
  static constexpr std::size_t state_bytes = bytes_of<T>(Planes * Older * Unit),
                               scratch_bytes = bytes_of<T>(Planes * window * Unit);

  /// Appends `x` (Planes, Piece, Unit), and returns the windows (Planes, window, Unit), which lie in `scratch`.
  static const T* append(const T* x, std::byte* state, std::byte* scratch) noexcept {
    T* const older = reinterpret_cast<T*>(state);
    T* const windows = reinterpret_cast<T*>(scratch);
    for (index_t plane = 0; plane < Planes; ++plane) {
      T* const row = windows + plane * window * Unit;
      T* const before = older + plane * Older * Unit;
      std::copy_n(before, Older * Unit, row);
      std::copy_n(x + plane * Piece * Unit, Piece * Unit, row + Older * Unit);
      std::copy_n(row + Piece * Unit, Older * Unit, before);
    }
    return windows;
  }
};

namespace detail {
/// How a piece of images (N, C, L) lies in memory: rows of elements of as many numbers.
template <class T, class S, class Layout>
struct RowsOf {
  static constexpr index_t planes = S::dims[0] * S::dims[1], unit = 1;
};
template <class T, class S>
struct RowsOf<T, S, plan::Blocked> {
  static constexpr index_t planes = S::dims[0] * micro::vectors_for<T>(S::dims[1]), unit = micro::lanes<T>;
};

/// The history of pieces of images of shape `S`, `Older` elements beside each piece.
template <template <class, index_t, index_t, index_t, index_t> class History, class T, class S, class Layout,
          index_t Older>
using history_t =
    History<T, RowsOf<T, S, Layout>::planes, RowsOf<T, S, Layout>::unit, Older, S::dims[plan::image_time]>;
}  // namespace detail

/// `Kernel` on the windows of `History` instead of its first input.
template <class T, class Kernel, class History>
struct OverHistory : plan::KernelTraits {
  static constexpr std::string_view name = Kernel::name;
  static constexpr plan::Constants<plan::Refusal> refusals = Kernel::refusals;
  using reads = typename Kernel::reads;
  using writes = typename Kernel::writes;
  static constexpr bool takes_functions = Kernel::takes_functions, adds = Kernel::adds;
  static constexpr index_t folds_channels = Kernel::folds_channels;
  static constexpr std::size_t packed_bytes = Kernel::packed_bytes, own_scratch = plan::aligned(Kernel::scratch_bytes),
                               scratch_bytes = own_scratch + History::scratch_bytes, state_bytes = History::state_bytes;

  static void run(const plan::Call& call) noexcept {
    const auto ports = with_windows(call);
    Kernel::run(plan::Call(call, ports.data()));
  }
  template <class Function>
  static void run(const plan::Call& call) noexcept {
    const auto ports = with_windows(call);
    Kernel::template run<Function>(plan::Call(call, ports.data()));
  }
  static void pack(const plan::Source& source, std::byte* packed) { Kernel::pack(source, packed); }

 private:
  static auto with_windows(const plan::Call& call) noexcept {
    auto ports = call.copy_ports<2>();  // of which the second may be the operand of a sum
    ports[3] = reinterpret_cast<std::byte*>(const_cast<T*>(
        History::append(call.in<T>(), call.state<std::byte>(), call.scratch<std::byte>() + own_scratch)));
    return ports;
  }
};

/// A convolution over time, as one over the first of two rows of images (N, C, 2, window): so the rows of the history
/// may be longer than its windows.
template <index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct TimedStage<operation::Conv<1, In, Out, K, St, P, D, Groups>> {
  template <index_t First, class Extents>
  struct Behind {
    static constexpr std::array<index_t, 2> value{First, Extents::value[0]};
  };
  using InRows = operation::Conv<2, In, Out, Behind<1, K>, Behind<2, St>, Behind<0, P>, Behind<1, D>, Groups>;
  static constexpr index_t older = plan::TimeWindowsOf<operation::Conv<1, In, Out, K, St, P, D, Groups>>::value.older;

  template <class X>
  struct Over {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Rows = Shape<S::dims[0], In, 2, older + S::dims[plan::image_time]>;
    using Kernel = typename Stage<InRows>::template kernel<plan::Value<Backend, T, Rows, typename X::layout>>;
    using type = OverHistory<T, Kernel, detail::history_t<MirroredHistory, T, S, typename Kernel::reads, older>>;
  };
  template <class X>
  using kernel = typename Over<X>::type;
};

/// A transposed convolution of the windows, of whose results the padding takes all but those of the piece.
template <index_t In, index_t Out, class K, class St, class P, class OutputPadding, class D, index_t Groups>
struct TimedStage<operation::ConvTranspose<1, In, Out, K, St, P, OutputPadding, D, Groups>> {
  using Operation = operation::ConvTranspose<1, In, Out, K, St, P, OutputPadding, D, Groups>;
  static constexpr index_t stride = St::value[0], older = plan::TimeWindowsOf<Operation>::value.older;
  struct Cut {
    static constexpr std::array<index_t, 1> value{older * stride};
  };
  struct Rest {
    static constexpr std::array<index_t, 1> value{(older + 1) * stride - (K::value[0] - 1) * D::value[0] - 1};
  };
  using OfWindows = operation::ConvTranspose<1, In, Out, K, St, Cut, Rest, D, Groups>;

  template <class X>
  struct Over {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Windows = Shape<S::dims[0], In, older + S::dims[plan::image_time]>;
    using Kernel = typename Stage<OfWindows>::template kernel<plan::Value<Backend, T, Windows, typename X::layout>>;
    using type = OverHistory<T, Kernel, detail::history_t<MovedHistory, T, S, typename Kernel::reads, older>>;
  };
  template <class X>
  using kernel = typename Over<X>::type;
};

template <class Shown, class K, class St, class P, class D, bool Ceil, class Function>
struct TimedStage<operation::Pool<Shown, operation::SlidingWindows<1, K, St, P, D, Ceil>, Function, false>> {
  using Operation = operation::Pool<Shown, operation::SlidingWindows<1, K, St, P, D, Ceil>, Function, false>;
  using Whole = operation::Pool<Shown, operation::SlidingWindows<1, K, St, P, D, false>, Function, false>;
  static constexpr index_t older = plan::TimeWindowsOf<Operation>::value.older;

  template <class X>
  struct Over {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Windows = Shape<S::dims[0], S::dims[1], older + S::dims[plan::image_time]>;
    using Kernel = typename Stage<Whole>::template kernel<plan::Value<Backend, T, Windows, typename X::layout>>;
    using type = OverHistory<T, Kernel, detail::history_t<MovedHistory, T, S, typename Kernel::reads, older>>;
  };
  template <class X>
  using kernel = typename Over<X>::type;
};

}  // namespace tenon::inline TENON_ISA::cpu
