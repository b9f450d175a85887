/// \file
/// The random numbers of initialisation and dropout: one generator per thread.
#pragma once

#include <cstdint>
#include <random>
#include <utility>

#include "isa.hpp"

namespace tenon::inline TENON_ISA {

/// The calling thread's generator.
inline std::mt19937_64& generator() {
  static TENON_THREAD_LOCAL std::mt19937_64 engine;
  return engine;
}

/// Seeds the calling thread's generator: everything random that follows on this thread is then repeatable.
inline void manual_seed(std::uint64_t seed) { generator().seed(seed); }

namespace detail {
inline TENON_THREAD_LOCAL bool initialize_parameters = true;
}

/// While one lives, layers made on this thread leave their parameters unset: somebody is about to fill them.
class WithoutInitialization {
 public:
  WithoutInitialization() : before_(std::exchange(detail::initialize_parameters, false)) {}
  ~WithoutInitialization() { detail::initialize_parameters = before_; }
  WithoutInitialization(const WithoutInitialization&) = delete;
  WithoutInitialization& operator=(const WithoutInitialization&) = delete;

 private:
  bool before_;
};

/// `count` elements from the uniform distribution over [0, 1).
template <class T>
void draw_uniform(T* elements, std::size_t count) {
  std::uniform_real_distribution<T> distribution;
  for (std::size_t i = 0; i < count; ++i) elements[i] = distribution(generator());
}

/// Fills `tensor` from the uniform distribution over [-bound, bound).
template <class Tensor>
void fill_uniform(Tensor& tensor, double bound) {
  if (!detail::initialize_parameters) return;
  using T = typename Tensor::value_type;
  std::uniform_real_distribution<T> distribution(static_cast<T>(-bound), static_cast<T>(bound));
  for (T& element : tensor) element = distribution(generator());
}

/// Fills `tensor` from the normal distribution of mean 0 and standard deviation 1.
template <class Tensor>
void fill_normal(Tensor& tensor) {
  if (!detail::initialize_parameters) return;
  using T = typename Tensor::value_type;
  std::normal_distribution<T> distribution;
  for (T& element : tensor) element = distribution(generator());
}

}  // namespace tenon::inline TENON_ISA
