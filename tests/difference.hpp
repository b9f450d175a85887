// What the tests of compiled nets share: an input, and how far two results are apart.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <tenon/tenon.hpp>

namespace tenon_test {

template <class Input>
Input random_input() {
  Input x;
  tenon::fill_uniform(x, 1.0);
  return x;
}

/// The largest difference of two tensors of one type; infinite if there is a NaN.
template <class T>
double difference(const T& a, const T& b) {
  double largest = 0;
  for (std::size_t i = 0; i < T::size(); ++i) {
    const double apart = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
    if (std::isnan(apart)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, apart);
  }
  return largest;
}

}  // namespace tenon_test
