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

/// The way a factor lies in memory.
enum class Stored { plain, transposed };

/// The shape of `batch` products c (m, n) = a (m, k) b (k, n), all row-major; `a` is stored (k, m) and `b` (n, k) where
/// they are transposed. Products follow each other `stride_a`, `stride_b` and `stride_c` elements apart; the stride of
/// a factor that all share is 0. With `accumulate` products are added to `c`.
struct GemmShape {
  index_t m, n, k;
  Stored a = Stored::plain, b = Stored::plain;
  bool accumulate = false;
  index_t batch = 1, stride_a = 0, stride_b = 0, stride_c = 0;
};

#if TENON_ON_CUDA
namespace detail {

inline void check_cublas(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) raise(std::string("cuBLAS: ") + cublasGetStatusString(status));
}

/// The calling thread's connection to cuBLAS on one device.
class Blas {
 public:
  explicit Blas(int device) : device_(device) {
    check_cublas(cublasCreate(&handle_));
    check_cublas(cublasSetStream(handle_, cudaStreamLegacy));
  }
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;
  ~Blas() { cublasDestroy(handle_); }

  /// Returns the handle for the current device.
  static cublasHandle_t of_this_thread() {
    static TENON_THREAD_LOCAL std::vector<std::unique_ptr<Blas>> all;
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

/// Computes the products of `a` and `b` and writes or adds them to `c`, all as `shape` says.
template <class T>
void gemm(const GemmShape& shape, const T* a, const T* b, T* c) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  const auto narrow = [](index_t size) {
    if (size > (std::numeric_limits<int>::max)()) raise("cuBLAS: a matrix has more than 2^31 - 1 rows or columns");
    return static_cast<int>(size);
  };
  // cuBLAS is column-major, and reads a row-major matrix as its transpose: c^T = b^T a^T.
  const int m = narrow(shape.m), n = narrow(shape.n), k = narrow(shape.k), batch = narrow(shape.batch);
  const auto operation = [](Stored stored) { return stored == Stored::transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
  const int a_leading = shape.a == Stored::transposed ? m : k, b_leading = shape.b == Stored::transposed ? k : n;
  const T one = 1, old = shape.accumulate ? T(1) : T(0);
  const auto handle = detail::Blas::of_this_thread();
  if constexpr (std::is_same_v<T, float>)
    detail::check_cublas(cublasSgemmStridedBatched(handle, operation(shape.b), operation(shape.a), n, m, k, &one, b,
                                                   b_leading, shape.stride_b, a, a_leading, shape.stride_a, &old, c, n,
                                                   shape.stride_c, batch));
  else
    detail::check_cublas(cublasDgemmStridedBatched(handle, operation(shape.b), operation(shape.a), n, m, k, &one, b,
                                                   b_leading, shape.stride_b, a, a_leading, shape.stride_a, &old, c, n,
                                                   shape.stride_c, batch));
}
#else
namespace detail {

/// Computes one element of one product; pointers are as in GemmShape.
template <class T>
struct GemmElement {
  GemmShape shape;
  const T *a, *b;
  T* c;
  void operator()(index_t i) const {
    const index_t column = i % shape.n, row = i / shape.n % shape.m, product = i / (shape.n * shape.m);
    const bool a_transposed = shape.a == Stored::transposed, b_transposed = shape.b == Stored::transposed;
    const T* x = a + product * shape.stride_a + (a_transposed ? row : row * shape.k);
    const T* y = b + product * shape.stride_b + (b_transposed ? column * shape.k : column);
    const index_t x_step = a_transposed ? shape.m : 1, y_step = b_transposed ? 1 : shape.n;
    T sum = 0;
    for (index_t t = 0; t < shape.k; ++t) sum += x[t * x_step] * y[t * y_step];
    T& element = c[product * shape.stride_c + row * shape.n + column];
    element = shape.accumulate ? element + sum : sum;
  }
};

}  // namespace detail

/// Computes the products of `a` and `b` and writes or adds them to `c`, all as `shape` says.
template <class T>
void gemm(const GemmShape& shape, const T* a, const T* b, T* c) {
  launch(shape.batch * shape.m * shape.n, detail::GemmElement<T>{shape, a, b, c});
}
#endif

}  // namespace tenon::inline TENON_ISA::cuda
