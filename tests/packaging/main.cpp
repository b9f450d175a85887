// What a user of the package compiles.
#include <cstdio>
#include <tenon/core/tensor.hpp>
#include <tenon/version.hpp>

#if __has_include(<tenon/cuda/cuda.hpp>)
#error "a program for the host alone sees the headers of the Thrust backend"
#endif

static_assert(TENON_VERSION == tenon::version_major * 10000 + tenon::version_minor * 100 + tenon::version_patch);

int main() {
  const auto t = tenon::Tensor<float, 2>::from({1, 2});
  std::printf("%s %d.%d.%d %g\n", tenon::version, tenon::version_major, tenon::version_minor, tenon::version_patch,
              static_cast<double>(t(0) + t(1)));
}
