/// \file
/// Pooling stages on the device.
#pragma once

#include "../fractional_pooling.hpp"
#include "../unpooling.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes the result of a pooling, and the indices if they are asked for. Of the two results, one may be null.
template <class Operation, class T, class Function, class Geometry>
void run_pooling(const Geometry& geometry, const plan::Call& call) {
  if constexpr (Operation::return_indices)
    if (auto* indices = call.out<std::int64_t>(1)) return max_pool(geometry, call.in<T>(), call.out<T>(0), indices);
  pool<Function>(geometry, call.in<T>(), call.out<T>(0));
}

template <class Shown, class Windows, class Function, bool ReturnIndices>
struct Stage<operation::Pool<Shown, Windows, Function, ReturnIndices>> {
  using Operation = operation::Pool<Shown, Windows, Function, ReturnIndices>;
  template <class X>
  struct kernel : plan::KernelTraits {
    static constexpr std::string_view name = "pooling";
    static void run(const plan::Call& call) noexcept {
      run_pooling<Operation, typename X::value_type, Function>(Operation::geometry(typename X::static_shape{}), call);
    }
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
    static constexpr std::size_t scratch_bytes = static_cast<std::size_t>(samples) * sizeof(T);
    static void run(const plan::Call& call) noexcept {
      T* const drawn = call.scratch<T>();
      operation::draw_samples<device>(samples, drawn);
      const auto geometry = Operation::windows::geometry(S{}, static_cast<const T*>(drawn));
      run_pooling<Operation, T, pooling::Max>(geometry, call);
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
    static constexpr std::size_t scratch_bytes = index_report_bytes(S::size);
    static void run(const plan::Call& call) noexcept {
      const auto* at = call.in<std::int64_t>(1);
      launch(planes, UnpoolPlane<T>{S::size / planes, index_limit, call.in<T>(0), at, call.out<T>()});
      report_indices(S::size, index_limit, at, call.scratch<void>());
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
