/// \file
/// Values of a plan that arrive piece by piece: one axis of them is time.
///
/// A stream calls the model with these instead of plain values. Each operation follows the axis by its TimeRule
/// (time_rules.hpp), which appends what computes the next piece of its result, and says where time is in that.
#pragma once

#include "trace.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The axis of a value that is the same in all pieces, such as a constant, or the last state of a recurrent layer.
inline constexpr int no_time = -1;

/// The rule of `Operation` on values over time:
///
///     template <class... X>
///     static auto append(const Operation& operation, const X&... x);   // x as `apply` got them; some are Timed
template <class Operation>
struct TimeRule;

/// The piece `Inner` of a value whose axis `Axis` is time. `Padding` zeros stand before its first piece, which are not
/// among its elements.
template <class Inner, int Axis, index_t Padding = 0>
class Timed {
 public:
  using symbolic = Timed;
  using value_type = typename Inner::value_type;
  using static_shape = typename Inner::static_shape;
  using backend = typename Inner::backend;
  using piece_type = Inner;
  static constexpr int axis = Axis;
  static constexpr index_t padding = Padding;
  /// The extent of the axis.
  static constexpr index_t extent = Axis < 0 ? 0 : static_shape::dims[static_cast<std::size_t>(Axis)];

  constexpr explicit Timed(const Inner& piece) : piece_(piece) {}
  Timed(const Timed&) = default;
  Timed& operator=(const Timed&) = default;
  template <class Other>
  Timed& operator=(const Other& other) {
    piece_ = other;  // the same complaint
    return *this;
  }

  constexpr const Inner& piece() const { return piece_; }
  constexpr Graph& graph() const { return piece_.graph(); }

  // As of the piece: see Value.
  constexpr auto unique() const { return like(piece_.unique()); }
  template <class... X>
  constexpr auto made_of(const X&... x) const {
    return like(piece_.made_of(x.piece()...));
  }
  constexpr auto shared() const { return like(piece_.shared()); }
  constexpr auto closed() const { return like(piece_.closed()); }

  /// Appends `operation` on `x...`, one of which is this value. `apply` calls it.
  template <class Operation, class... X>
  TENON_COLD auto append(const Operation& operation, const X&... x) const {
    if constexpr (requires { sizeof(TimeRule<Operation>); }) {
      return TimeRule<Operation>::append(operation, x...);
    } else {
      TENON_REJECT("compile_stream: an operation has no place in a stream", Operation);
      return Rejected{};
    }
  }

  /// Returns element `i` of the leading axis, counted from its end if negative.
  template <class Index>
  auto operator[](const Index& i) const {
    return tenon::detail::element_of(*this, i);
  }

 private:
  template <class Piece>
  static constexpr Timed<Piece, Axis, Padding> like(const Piece& piece) {
    return Timed<Piece, Axis, Padding>(piece);
  }

  Inner piece_;
};

template <class X>
inline constexpr bool is_timed = false;
template <class Inner, int Axis, index_t Padding>
inline constexpr bool is_timed<Timed<Inner, Axis, Padding>> = true;

namespace detail {

/// The time axis of an argument, `no_time` if it has none.
template <class X>
inline constexpr int time_axis = no_time;
template <class Inner, int Axis, index_t Padding>
inline constexpr int time_axis<Timed<Inner, Axis, Padding>> = Axis;

/// Returns an argument without its time.
template <class X>
decltype(auto) piece_of(const X& x) {
  if constexpr (is_timed<X>)
    return (x.piece());
  else
    return (x);
}

/// Returns the results of an operation, a value or a std::tuple of values, as values whose axis `Axis` is time.
template <int Axis, class R>
auto with_time(const R& result) {
  if constexpr (tenon::detail::is_rejected<R>)
    return Rejected{};
  else
    return Timed<R, Axis>(result);
}
template <int Axis, class... R>
auto with_time(const std::tuple<R...>& results) {
  return std::apply([](const auto&... result) { return std::tuple{with_time<Axis>(result)...}; }, results);
}

/// Returns the results of a model without their time.
template <class R>
auto without_time(const R& result) {
  if constexpr (is_timed<R>)
    return result.piece();
  else
    return result;
}
template <class... R>
auto without_time(const std::tuple<R...>& results) {
  return std::apply([](const auto&... result) { return std::tuple{without_time(result)...}; }, results);
}

/// Whether axis `from` of a shape is axis `to` as well: all extents from one to the other are 1, so that nothing tells
/// which of them is time.
template <class S>
constexpr bool is_same_axis(int from, int to) {
  if (from == to) return true;
  if (from < 0 || to < 0 || from >= int{S::rank} || to >= int{S::rank}) return false;
  for (int a = (std::min)(from, to); a <= (std::max)(from, to); ++a)
    if (S::dims[static_cast<std::size_t>(a)] != 1) return false;
  return true;
}
template <class X>
constexpr bool has_time_at(int axis) {
  return is_same_axis<typename X::static_shape>(X::axis, axis);
}

}  // namespace detail

// ---- the axis that is time

/// The axis along which `Operation` reads time; `no_time` if it reads none.
template <class Operation>
inline constexpr int reads_time_along = no_time;

namespace detail {
template <class M, std::size_t Rank>
constexpr int first_time_axis();
template <std::size_t Rank, class... M>
constexpr int first_time_axis(nn::Children<M...>) {
  int found = no_time;
  ((found = found == no_time ? first_time_axis<M, Rank>() : found), ...);
  return found;
}
/// Returns the time axis of the first layer in `M` that has one, for inputs of `Rank` axes.
template <class M, std::size_t Rank>
constexpr int first_time_axis() {
  if constexpr (requires { typename M::operation; }) {
    return reads_time_along<typename M::operation>;
  } else if constexpr (requires { M::time_axis; }) {
    return Rank == 2 ? 0 : M::time_axis;  // one sequence, without a batch axis
  } else if constexpr (requires { typename M::children_types; }) {
    return first_time_axis<Rank>(typename M::children_types{});
  } else if constexpr (boost::hana::Struct<M>::value) {
    return []<class... Members>(nn::detail::Reflection<Members...>) {
      return first_time_axis<Rank>(nn::Children<nn::detail::member_of_t<M, Members>...>{});
    }(nn::detail::reflection_t<M>{});
  } else {
    return no_time;
  }
}
}  // namespace detail

}  // namespace tenon::inline TENON_ISA::plan

namespace tenon::inline TENON_ISA::detail {
template <class Inner, int Axis, index_t Padding>
struct shape_of<plan::Timed<Inner, Axis, Padding>> {
  using type = typename Inner::static_shape;
};
}  // namespace tenon::inline TENON_ISA::detail
