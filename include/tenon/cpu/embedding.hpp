/// \file
/// Embedding on the CPU.
#pragma once

#include "../nn/embedding.hpp"
#include "micro/embedding.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool ByFrequency>
struct Kernel<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>> {
  using Operation = operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>;

  template <class Y, class X, class W>
  static void forward(const Operation& embedding, autograd::NothingSaved* saved, Y& y, const X& x, const W& weight) {
    constexpr index_t count = shape_of_t<X>::size;
    check_indices<host>(Operation::name, count, Num, x.data());
    const bool in_place = Operation::renormalizes && (saved || !embedding.only_reads);
    if constexpr (Operation::renormalizes)
      if (in_place)
        for (const std::int64_t index : x)  // a row that is looked up twice stays as the first time left it
          micro::limit_norm<NormType>(Dim, static_cast<T>(MaxNorm), embedding.table + index * Dim);
    micro::look_up(count, Num, Dim, x.data(), weight.data(), y.data());
    if constexpr (Operation::renormalizes)
      if (!in_place)
        for (index_t i = 0; i < count; ++i)
          micro::limit_norm<NormType>(Dim, static_cast<T>(MaxNorm), y.data() + i * Dim);
  }

  // Only the rows that were looked up are touched, after the gradient is cleared where it is not added to.
  template <class Y, class X, class W>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight) {
    using V = micro::Vector<T>;
    constexpr index_t count = shape_of_t<X>::size;
    x.grad_to_add();  // indices have none
    T* grad = weight.grad_to_add();
    if (!grad) return;
    const std::int64_t* indices = x.value.data();
    memory::Array<std::int64_t> sorted(ByFrequency ? static_cast<std::size_t>(count) : 0);
    std::int64_t* const sorted_end = sorted.data() + sorted.size();
    if constexpr (ByFrequency) {
      std::copy_n(indices, count, sorted.data());
      std::sort(sorted.data(), sorted_end, [](auto a, auto b) { return a < b; });
    }
    for (index_t i = 0; i < count; ++i) {
      if (indices[i] == Padding) continue;
      T* row = grad + indices[i] * Dim;
      const T* grad_row = grad_y.data() + i * Dim;
      if constexpr (ByFrequency) {
        const auto [first, last] = std::equal_range(sorted.data(), sorted_end, indices[i]);
        const V share(T(1) / static_cast<T>(last - first));
        micro::map_gradient<T>(Dim, true, [share](const auto& g) { return g * share; }, row, grad_row);
      } else {
        micro::map_gradient<T>(Dim, true, [](const auto& g) { return g; }, row, grad_row);
      }
    }
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
