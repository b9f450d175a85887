// What the chapters of the device share and no layer's type changes.
#include "device_subject.hpp"

#include <algorithm>
#include <cmath>

namespace tenon_test {

Numbers read(std::initializer_list<View> views) {
  Numbers result;
  for (const View& view : views) result.push_back(view.numbers());
  return result;
}

std::mt19937& engine() {
  static std::mt19937 generator(20);
  return generator;
}
std::vector<double> normal_numbers(std::size_t count) {
  std::vector<double> result(count);
  std::normal_distribution<double> normal;
  for (double& number : result) number = normal(engine());
  return result;
}

/// NaN is equal to NaN; a number is within tolerance * (1 + |expected|).
static void check_equal(const std::string& what, const std::vector<double>& expected, const std::vector<double>& actual,
                        double tolerance) {
  BOOST_TEST_REQUIRE(expected.size() == actual.size(), what);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double wanted = expected[i], found = actual[i];
    const bool equal = std::isnan(wanted)
                           ? std::isnan(found)
                           : wanted == found || std::abs(wanted - found) <= tolerance * (1 + std::abs(wanted));
    if (equal) continue;
    BOOST_ERROR(what << ": element " << i << " of " << expected.size() << ": wanted " << wanted << ", found " << found);
    return;
  }
  BOOST_TEST_PASSPOINT();
}
static void check_equal(const std::string& what, const Numbers& expected, const Numbers& actual, double tolerance) {
  BOOST_TEST_REQUIRE(expected.size() == actual.size(), what);
  for (std::size_t i = 0; i < expected.size(); ++i) check_equal(what, expected[i], actual[i], tolerance);
}
void check_equal(const View& expected, const View& actual, double tolerance) {
  check_equal("tensor", expected.numbers(), actual.numbers(), tolerance);
}

void Kept::propagate() const {
  auto& queue = tenon::autograd::BackwardQueue::of_this_thread();
  state_->queue_producer(queue);
  queue.run();
}

/// Those of arguments: the device's are new ones in each call.
static void zero_gradients_of_arguments(Subject& host) {
  for (const Part& part : host.parts_with_gradients())
    if (part.kind == Part::Kind::argument && part.view.gradient)
      part.view.of_gradient().assign(std::vector<double>(part.view.size()));
}

void check_against_host(Subject& host, DeviceSubject& device, const Case& c) {
  {
    const std::vector<Part> from = host.parts(), to = device.parts();
    BOOST_TEST_REQUIRE(from.size() == to.size());
    for (std::size_t i = 0; i < to.size(); ++i) to[i].view.assign(from[i].view.numbers());
  }
  bool second = false;
  for (const bool training : {true, false}) {
    if (training && c.eval) continue;
    host.train(training);
    device.train(training);
    Numbers wanted;
    double tolerance = c.device_tolerance;
    const auto take = [&](const Results& results) {
      wanted.clear();
      for (const View& view : results.views) wanted.push_back(view.numbers());
      if (c.device_tolerance == Case::closely)
        tolerance = results.views[0].dtype == tenon::DType::F32 ? closely<float> : closely<double>;
    };
    host.call(take);
    check_equal("eager", wanted, device.call(), tolerance);

    // Those of parameters are written in the first mode, and added to in the second.
    if (second) zero_gradients_of_arguments(host);
    std::vector<double> gradient;
    host.call([&](const Results& results) {
      take(results);
      gradient = normal_numbers(wanted[0].size());
      results.backward(gradient);
    });
    const DeviceSubject::Recording recording = device.record(gradient);
    check_equal("recorded", wanted, recording.results, tolerance);
    const std::vector<Part> expected = host.parts_with_gradients(), actual = device.parts_with_gradients();
    std::size_t argument = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const View& view = expected[i].view;
      if (expected[i].kind == Part::Kind::argument) {
        if (view.gradient) check_equal("gradient", view.gradients(), recording.gradients.at(argument++), tolerance);
        continue;
      }
      check_equal(expected[i].name, view.numbers(), actual[i].view.numbers(), tolerance);
      if (view.gradient)
        check_equal("gradient of " + expected[i].name, view.gradients(), actual[i].view.gradients(), tolerance);
    }
    BOOST_TEST(argument == recording.gradients.size());
    second = true;

    if (training) continue;
    if (const Numbers compiled = device.call_compiled(); !compiled.empty())
      check_equal("compiled", wanted, compiled, tolerance);
  }
}

/// Scales, shifts and running statistics, which begin as zeros or ones, become random numbers above that.
static void leave_constants(const View& view) {
  std::vector<double> numbers = view.numbers();
  if (view.dtype == tenon::DType::I64 ||
      std::adjacent_find(numbers.begin(), numbers.end(), std::not_equal_to<>()) != numbers.end())
    return;
  for (double& number : numbers) number += std::uniform_real_distribution<double>(0.3, 1)(engine());
  view.assign(numbers);
}

void check_at_random(Subject& host, DeviceSubject& device, index_t classes, const Case& c, std::string_view function) {
  BOOST_TEST_CONTEXT(description(c, function)) {
    for (const Part& part : host.parts())
      if (part.kind == Part::Kind::argument)
        part.view.randomize(classes, c.low, c.high);
      else
        leave_constants(part.view);
    check_against_host(host, device, c);
  }
}

}  // namespace tenon_test
