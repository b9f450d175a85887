/// \file
/// Matrix products: cuBLAS on a CUDA device, a functor elsewhere.
#pragma once

#include <limits>
#include <type_traits>

#include "memory.hpp"

#if TENON_ON_CUDA
#include <cublas_v2.h>
#endif

namespace tenon::inline TENON_ISA::cuda {

/// How the second factor lies in memory.
enum class Rhs { plain, transposed };

/// `batch` products c (m, n) = a (m, k) b (k, n), all row-major; b is stored (n, k) where it is transposed. One factor
/// may be shared by all products: its stride is then 0.
struct GemmShape {
  index_t m, n, k;
  Rhs rhs = Rhs::plain;
  index_t batch = 1, stride_a = 0, stride_b = 0, stride_c = 0;
};

#if TENON_ON_CUDA
namespace detail {

inline void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) raise(std::string("cuBLAS: ") + cublasGetStatusString(status));
}

/// The calling thread's connection to cuBLAS on one device.
class Blas {
 public:
  explicit Blas(int device) : device_(device) {
    check(cublasCreate(&handle_));
    check(cublasSetStream(handle_, cudaStreamLegacy));
  }
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;
  ~Blas() { cublasDestroy(handle_); }

  static cublasHandle_t of_this_thread() {
    thread_local std::vector<std::unique_ptr<Blas>> all;
    const int device = current_device();
    for (const auto& blas : all)
      if (blas->device_ == device) return blas->handle_;
    all.push_back(std::make_unique<Blas>(device));
    return all.back()->handle_;
  }

 private:
  int device_;
  cublasHandle_t handle_ = nullptr;
};

}  // namespace detail

template <class T>
void gemm(const GemmShape& shape, const T* a, const T* b, T* c) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  const auto narrow = [](index_t size) {
    if (size > std::numeric_limits<int>::max()) raise("cuBLAS: a matrix has more than 2^31 - 1 rows or columns");
    return static_cast<int>(size);
  };
  // cuBLAS counts columns first, where a row-major matrix is its transpose: c^T = b^T a^T.
  const int m = narrow(shape.m), n = narrow(shape.n), k = narrow(shape.k), batch = narrow(shape.batch);
  const cublasOperation_t b_operation = shape.rhs == Rhs::transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  const int b_leading = shape.rhs == Rhs::transposed ? k : n;
  const T one = 1, zero = 0;
  const auto handle = detail::Blas::of_this_thread();
  if constexpr (std::is_same_v<T, float>)
    detail::check(cublasSgemmStridedBatched(handle, b_operation, CUBLAS_OP_N, n, m, k, &one, b, b_leading,
                                            shape.stride_b, a, k, shape.stride_a, &zero, c, n, shape.stride_c, batch));
  else
    detail::check(cublasDgemmStridedBatched(handle, b_operation, CUBLAS_OP_N, n, m, k, &one, b, b_leading,
                                            shape.stride_b, a, k, shape.stride_a, &zero, c, n, shape.stride_c, batch));
}
#else
namespace detail {

/// One element of one product.
template <class T>
struct GemmElement {
  GemmShape shape;
  const T *a, *b;
  T* c;
  void operator()(index_t i) const {
    const index_t column = i % shape.n, row = i / shape.n % shape.m, product = i / (shape.n * shape.m);
    const bool transposed = shape.rhs == Rhs::transposed;
    const T* x = a + product * shape.stride_a + row * shape.k;
    const T* y = b + product * shape.stride_b + (transposed ? column * shape.k : column);
    const index_t step = transposed ? 1 : shape.n;
    T sum = 0;
    for (index_t t = 0; t < shape.k; ++t) sum += x[t] * y[t * step];
    c[product * shape.stride_c + row * shape.n + column] = sum;
  }
};

}  // namespace detail

template <class T>
void gemm(const GemmShape& shape, const T* a, const T* b, T* c) {
  launch(shape.batch * shape.m * shape.n, detail::GemmElement<T>{shape, a, b, c});
}
#endif

}  // namespace tenon::inline TENON_ISA::cuda
