#include <cstdio>

#include "against_host.hpp"

/// Every case draws the same numbers, whatever ran before it.
struct SeedEachCase : boost::unit_test::test_observer {
  void test_unit_start(const boost::unit_test::test_unit&) override {
    tenon_test::engine().seed(20);
    tenon::manual_seed(20);
  }
  // Behind Boost.Test's own first observer, which it asks before that one has begun.
  int priority() override { return 1; }
};

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
  if (tenon_test::only_compiled) {
    std::printf("skipped: only compiled; -Dcuda=enabled compares the device with the host\n");
    return 77;
  }
  static SeedEachCase seed_each_case;
  const auto prepare = [] {
    boost::unit_test::framework::register_observer(seed_each_case);
    return true;
  };
  return boost::unit_test::unit_test_main(prepare, argc, argv);
}
