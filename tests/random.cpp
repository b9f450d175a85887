// Random numbers: one thread's are repeatable, and no two threads draw the same.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <random>
#include <semaphore>
#include <set>
#include <tenon/core/random.hpp>
#include <tenon/cpu/dropout.hpp>
#include <thread>
#include <vector>

namespace {

namespace nn = tenon::nn;
using tenon::generator, tenon::manual_seed, tenon::Tensor;
using Draws = std::vector<std::uint64_t>;

template <class Engine>
Draws draws_of(Engine& engine, int count = 400) {
  Draws draws;
  for (int i = 0; i < count; ++i) draws.push_back(engine());
  return draws;
}
Draws draw(int count = 400) { return draws_of(generator(), count); }

Draws of_mt19937_64(std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  return draws_of(engine);
}

// A thread that lives on between the calls it makes for others.
class Worker {
 public:
  Worker() : thread_([this] { run(); }) {}
  ~Worker() {
    task_ = nullptr;
    start_.release();
    thread_.join();
  }
  void call(const std::function<void()>& task) {
    task_ = task;
    start_.release();
    done_.acquire();
  }
  Draws draw() {
    Draws draws;
    call([&] { draws = ::draw(); });
    return draws;
  }

 private:
  void run() {
    for (start_.acquire(); task_; start_.acquire()) {
      task_();
      done_.release();
    }
  }
  std::function<void()> task_;
  std::binary_semaphore start_{0}, done_{0};
  std::thread thread_;  // last, since it uses the others
};

bool all_different(const std::vector<Draws>& streams) {
  std::set<std::uint64_t> values;
  std::size_t count = 0;
  for (const Draws& draws : streams) {
    values.insert(draws.begin(), draws.end());
    count += draws.size();
  }
  return values.size() == count;  // 64 bits: two equal ones among thousands are no accident
}

}  // namespace

// First, before anything seeds.
BOOST_AUTO_TEST_CASE(without_a_seed_the_first_thread_draws_what_the_engine_draws_by_default) {
  BOOST_TEST(draw() == of_mt19937_64(std::mt19937_64::default_seed));
  Worker a, b;
  BOOST_TEST(all_different({of_mt19937_64(std::mt19937_64::default_seed), draw(), a.draw(), b.draw()}));
}

BOOST_AUTO_TEST_CASE(the_thread_that_seeds_draws_from_exactly_that_seed) {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}, std::uint64_t{5489}}) {
    manual_seed(seed);
    BOOST_TEST(draw() == of_mt19937_64(seed));
  }
  Worker worker;
  worker.call([] { manual_seed(21); });
  BOOST_TEST(worker.draw() == of_mt19937_64(21));
}

BOOST_AUTO_TEST_CASE(a_seed_reaches_every_thread) {
  Worker a, b;
  const Draws unseeded = a.draw();
  manual_seed(3);
  const std::vector<Draws> of_3{draw(), a.draw(), b.draw()};
  manual_seed(4);
  const std::vector<Draws> of_4{draw(), a.draw(), b.draw()};
  manual_seed(3);
  manual_seed(3);
  const std::vector<Draws> again{draw(), a.draw(), b.draw()};
  BOOST_TEST((again == of_3));
  BOOST_TEST(all_different({unseeded, of_3[0], of_3[1], of_3[2], of_4[0], of_4[1], of_4[2]}));
}

BOOST_AUTO_TEST_CASE(a_threads_numbers_do_not_depend_on_others) {
  Worker a, b, c;
  manual_seed(3);
  Draws of_a = a.draw(), of_b = b.draw();
  for (const Draws& more : {a.draw(), a.draw()}) of_a.insert(of_a.end(), more.begin(), more.end());
  manual_seed(3);
  Draws b_again = b.draw(), a_again;  // in another order, and with others in between
  for (int i = 0; i < 3; ++i) {
    c.draw();
    Worker().draw();
    draw();
    const Draws more = a.draw();
    a_again.insert(a_again.end(), more.begin(), more.end());
  }
  BOOST_TEST(a_again == of_a);
  BOOST_TEST(b_again == of_b);
}

BOOST_AUTO_TEST_CASE(new_threads_repeat_after_a_seed_and_only_then) {
  Worker before;  // keeps its number
  const auto short_lived = [] {
    std::vector<Draws> streams;
    for (int i = 0; i < 20; ++i) streams.push_back(Worker().draw());
    return streams;
  };
  before.draw();
  manual_seed(9);
  std::vector<Draws> of_9 = short_lived();
  manual_seed(9);
  BOOST_TEST((short_lived() == of_9));
  of_9.push_back(before.draw());
  of_9.push_back(draw());
  for (Draws& draws : short_lived()) of_9.push_back(std::move(draws));
  BOOST_TEST(all_different(of_9));
}

BOOST_AUTO_TEST_CASE(a_number_in_use_when_seeded_is_not_given_away) {
  manual_seed(9);
  std::vector<Draws> streams;
  {
    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < 5; ++i) workers.emplace_back(std::make_unique<Worker>())->draw();
    manual_seed(10);
    for (const auto& worker : workers) streams.push_back(worker->draw());
  }
  for (int i = 0; i < 20; ++i) streams.push_back(Worker().draw());
  BOOST_TEST(all_different(streams));
}

BOOST_AUTO_TEST_CASE(a_worker_seeds_the_others) {
  Worker worker;
  draw();
  worker.call([] { manual_seed(6); });
  const Draws first = draw();
  BOOST_TEST(all_different({first, worker.draw()}));
  worker.call([] { manual_seed(6); });
  BOOST_TEST(draw() == first);
  manual_seed(6);
  BOOST_TEST(draw() == of_mt19937_64(6));
}

BOOST_AUTO_TEST_CASE(many_threads_at_once) {
  manual_seed(2);
  std::vector<Draws> streams(16);
  {
    std::vector<std::jthread> threads;
    for (Draws& draws : streams) threads.emplace_back([&draws] { draws = draw(20'000); });
  }
  BOOST_TEST(all_different(streams));
  std::vector<std::jthread> threads;  // seeding while others draw
  for (Draws& draws : streams)
    threads.emplace_back([&draws] {
      for (int i = 0; i < 200; ++i) manual_seed(draws[0]), draws = draw(50);
    });
}

BOOST_AUTO_TEST_CASE(threads_drop_different_units) {
  Tensor<float, 2, 200> x;
  x.fill(1);
  manual_seed(1);
  std::vector<std::vector<float>> masks;
  for (int i = 0; i < 4; ++i)
    std::thread([&] {
      const auto y = nn::Dropout<>{}(x);
      masks.emplace_back(y.begin(), y.end());
    }).join();
  const std::set<std::vector<float>> different(masks.begin(), masks.end());
  BOOST_TEST(different.size() == 4u);
}
