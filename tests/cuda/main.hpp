#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <tenon/cuda/cuda.hpp>

int main(int argc, char* argv[]) {
  if (!tenon::cuda::is_available()) {
    // What a program without a device is told; anything but tenon::Error ends this one.
    try {
      tenon::cuda::Tensor<float, 1> tensor;
    } catch (const tenon::Error& error) {
      std::printf("skipped: %s\n", error.what());
      return 77;
    }
    return 1;
  }
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
