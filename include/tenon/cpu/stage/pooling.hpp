/// \file
/// Pooling stages.
#pragma once

#include "../../core/random.hpp"
#include "../../nn/fractional_pooling.hpp"
#include "../../nn/unpooling.hpp"
#include "../micro/blocked_pool.hpp"
#include "../micro/pooling.hpp"
#include "../micro/unpooling.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// The properties of a pooling that decide which kernel computes it.
struct PoolProblem {
  int rank;
  bool gives_indices, reads_blocked;
};

/// The kernel for blocked images.
struct BlockedPool {
  static constexpr std::string_view name = "blocked pooling";
  static constexpr plan::Acceptance accepts(const PoolProblem& pool) {
    if (pool.rank != 2) return {"not two axes"};
    if (pool.gives_indices) return {"gives indices"};
    if (!pool.reads_blocked) return {"its input does not lie in blocks"};
    return plan::accepted;
  }
  template <class T, class Operation, class S>
  struct kernel : plan::KernelTraits {
    static constexpr std::string_view name = BlockedPool::name;
    using reads = plan::Blocked;
    using writes = plan::Blocked;
    static constexpr auto geometry = [] {
      auto g = Operation::geometry(S{});
      g.planes = plan::Image<S>::batch * micro::vectors_for<T>(plan::Image<S>::channels);
      return g;
    }();
    static void run(const plan::Call& call) noexcept {
      micro::blocked_pool<typename Operation::function>(geometry, call.in<T>(), call.out<T>());
    }
  };
};

/// Computes the results of a max pooling that gives indices; one of the two may be null.
template <class T, class Geometry>
void max_pool_with_indices(const Geometry& geometry, const plan::Call& call) noexcept {
  if (auto* indices = call.out<std::int64_t>(1))
    micro::max_pool(geometry, call.in<T>(), call.out<T>(0), indices);
  else
    micro::pool<pooling::Max>(geometry, call.in<T>(), call.out<T>(0));
}

/// The kernel for any pooling of plain images.
struct PlainPool {
  static constexpr std::string_view name = "pooling";
  static constexpr plan::Acceptance accepts(const PoolProblem&) { return plan::accepted; }
  template <class T, class Operation, class S>
  struct kernel : plan::KernelTraits {
    static constexpr std::string_view name = PlainPool::name;
    static constexpr auto geometry = Operation::geometry(S{});
    static void run(const plan::Call& call) noexcept {
      if constexpr (Operation::return_indices)
        max_pool_with_indices<T>(geometry, call);
      else
        micro::pool<typename Operation::function>(geometry, call.in<T>(), call.out<T>());
    }
  };
};

template <class Shown, class Windows, class Function, bool ReturnIndices>
struct Stage<operation::Pool<Shown, Windows, Function, ReturnIndices>> {
  using Operation = operation::Pool<Shown, Windows, Function, ReturnIndices>;
  template <class X>
  struct Problem {
    static constexpr PoolProblem value{Operation::rank, ReturnIndices, plan::is_blocked<typename X::layout>};
  };
  template <class X>
  using kernels = plan::FirstAccepting<Problem<X>, BlockedPool, PlainPool>;
  template <class X>
  struct kernel : kernels<X>::type::template kernel<typename X::value_type, Operation, typename X::static_shape> {
    static constexpr plan::Constants<plan::Refusal> refusals = kernels<X>::refusals;
  };
};

/// The stage of a fractional pooling. Each call of the net draws its samples.
template <class K, class Output, bool ReturnIndices>
struct Stage<operation::FractionalMaxPool<K, Output, ReturnIndices>> {
  using Operation = operation::FractionalMaxPool<K, Output, ReturnIndices>;
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    static constexpr std::string_view name = "fractional pooling";
    static constexpr index_t samples = Operation::template samples<S>::size;
    static constexpr std::size_t scratch_bytes = bytes_of<T>(samples);
    static void run(const plan::Call& call) noexcept {
      T* const drawn = call.scratch<T>();
      draw_uniform(drawn, static_cast<std::size_t>(samples));
      const auto geometry = Operation::windows::geometry(S{}, static_cast<const T*>(drawn));
      if constexpr (ReturnIndices)
        max_pool_with_indices<T>(geometry, call);
      else
        micro::pool<pooling::Max>(geometry, call.in<T>(), call.out<T>());
    }
  };
};

template <int Rank, class K, class St, class P, class Size>
struct Stage<operation::MaxUnpool<Rank, K, St, P, Size>> {
  using Operation = operation::MaxUnpool<Rank, K, St, P, Size>;
  template <class X, class Indices>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    static constexpr std::string_view name = "unpooling";
    static constexpr std::string_view index_reader = Operation::name;
    static constexpr index_t planes = S::dims[0] * S::dims[1];
    static constexpr index_t index_limit = decltype(Operation::output_shape(S{}, S{}))::size / planes;
    static void run(const plan::Call& call) noexcept {
      const auto* to = call.in<std::int64_t>(1);
      const index_t outside = micro::max_unpool(planes, S::size / planes, index_limit, call.in<T>(), to, call.out<T>());
      *call.scratch<plan::IndexReport>() = outside < 0 ? plan::IndexReport{} : plan::IndexReport{outside, to[outside]};
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
