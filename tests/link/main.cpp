// Two translation units that use the same layer, compiled for different instruction sets and linked together: each must
// run its own code, whatever the order of linking.
#include <cmath>
#include <cstdio>
#include <cstring>

#include "layer.hpp"

int main() {
  const Answer sse2 = answer_sse2();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::puts("skipped: this machine has no AVX2");
    return 77;
  }
  const Answer avx2 = answer_avx2();
  std::printf("%s: %zu lanes, %s: %zu lanes\n", sse2.instruction_set, sse2.lanes, avx2.instruction_set, avx2.lanes);
  bool right = sse2.lanes == 4 && avx2.lanes == 8 && std::strcmp(sse2.instruction_set, avx2.instruction_set) != 0;
  for (int i = 0; i < 8; ++i) right = right && std::fabs(sse2.y[i] - avx2.y[i]) < 1e-5f;
  std::puts(right ? "each unit ran its own code" : "the units mixed");
  return right ? 0 : 1;
}
