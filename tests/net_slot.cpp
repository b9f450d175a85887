// One thread publishes nets, another runs them: compiled with the thread sanitizer, which stops at a race.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/compile.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/nn/sequential.hpp>
#include <tenon/run/net_slot.hpp>
#include <thread>
#include <tuple>
#include <utility>

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;

using Input = Tensor<float, 1, 4>;
using Output = Tensor<float, 1, 2>;
using Slot = tenon::NetSlot<Input, Output>;
using Any = Slot::Net;

constexpr int versions = 2000;

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  std::exit(1);
}

/// A net that knows the thread that may destroy it, and whether it was destroyed. It writes to itself in a call.
struct Tracked {
  explicit Tracked(float its_version) : version(its_version) { ++alive; }
  Tracked(Tracked&& other) noexcept : version(other.version) { ++alive; }
  Tracked& operator=(Tracked&&) = delete;
  ~Tracked() {
    check(std::this_thread::get_id() == loading_thread, "nets are destroyed by the loading thread");
    result.fill(-1);
    --alive;
  }
  const Output& operator()(const Input& x) {
    (*this)(x, result);
    return result;
  }
  void operator()(const Input& x, Output& y) { y.fill(version * x(0, 0)); }
  float version;
  Output result{};
  static inline int alive = 0;
  static inline std::thread::id loading_thread;
};

/// Nets of two models that compute `version` times the first input: every third is a stand-in, the others are compiled.
Any net_of(int version) {
  const auto number = static_cast<float>(version);
  nn::Linear<4, 2> linear;
  linear.weight.data().fill(0);
  linear.bias.data().fill(0);
  linear.weight.data()(0, 0) = linear.weight.data()(1, 0) = number;
  if (version % 3 == 0) return Any{Tracked{number}};
  if (version % 3 == 1) return Any{tenon::compile<Input>(linear)};
  nn::Sequential<nn::Linear<4, 2>, nn::ReLU> model;
  model[0_c] = linear;
  return Any{tenon::compile<Input>(model)};
}

/// The version of a net, which both of its results have to show.
float version_of(Any& net, const Input& x) {
  Output y;
  net(x, y);
  const Output& result = net(x);
  check(y(0, 0) == y(0, 1) && result(0, 0) == y(0, 0) && result(0, 1) == y(0, 0), "a net's results are its own");
  return y(0, 0);
}

void run_beside_loading(bool fades) {
  Slot slot;
  Input x;
  x(0, 0) = 1;
  std::atomic<bool> done{false};
  std::atomic<int> seen{0};  // relaxed: it must not order what the slot has to
  std::thread real_time([&] {
    float last = 0;
    while (true) {
      const bool is_last = done.load(std::memory_order_acquire);  // what was published before is there to be acquired
      Any *now = nullptr, *replaced = nullptr;
      if (fades)
        std::tie(now, replaced) = slot.acquire_both();
      else
        now = slot.acquire();
      if (replaced) check(version_of(*replaced, x) == last, "the net that is replaced is the one that was in use");
      const float version = now ? version_of(*now, x) : 0;
      check(version >= last, "nets come in the order in which they are published");
      check(!fades || (replaced != nullptr) == (version > last && last > 0), "a change shows the net before");
      last = version;
      seen.store(static_cast<int>(last), std::memory_order_relaxed);
      if (is_last) break;
    }
    check(last == versions, "the net that was published last is the one in use");
  });
  for (int version = 1; version <= versions; ++version) {
    slot.publish(net_of(version));
    if (version % 5 == 0) slot.collect();
    if (version % 16 == 0)
      while (seen.load(std::memory_order_relaxed) < version) std::this_thread::yield();
  }
  done.store(true, std::memory_order_release);
  real_time.join();
  slot.acquire();  // this thread goes on for the other, which has ended
  slot.collect();
  check(Tracked::alive == (versions % 3 == 0 ? 1 : 0), "what is not in use any more is destroyed");
}

}  // namespace

int main() {
  Tracked::loading_thread = std::this_thread::get_id();
  run_beside_loading(false);
  run_beside_loading(true);
  check(Tracked::alive == 0, "the slot destroys its nets");
  std::puts("ok");
}
