#include "peak.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <xsimd/xsimd.hpp>

#include "task.hpp"

namespace bench {

double peak_gflops() {
  using Vector = xsimd::batch<float>;
  // Two units of four cycles' latency need eight independent sums; a few more hide what is not perfect. More than
  // registers would be worse: AVX2 has sixteen, of which two are taken.
  constexpr std::size_t sums = 12;
  constexpr std::size_t steps = 100000;
  float factor = 0.5f, summand = 0.25f;
  double best = 0;
  for (int round = 0; round < 25; ++round) {
    keep(&factor);  // no constants to fold
    keep(&summand);
    const Vector a(factor), b(summand);
    std::array<Vector, sums> sum;
    sum.fill(a);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t step = 0; step < steps; ++step)
#pragma GCC unroll 12
      for (std::size_t i = 0; i < sums; ++i) sum[i] = xsimd::fma(sum[i], a, b);
    keep(&sum);
    const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(2 * sums * steps * Vector::size) / elapsed.count());
  }
  return best;
}

}  // namespace bench
