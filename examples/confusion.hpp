/// \file
/// How well classes are told apart.
#pragma once

#include <array>
#include <cstddef>

namespace examples {

/// How often what belongs to each of the classes was taken for each of them.
template <std::size_t Classes>
class Confusion {
 public:
  void add(std::size_t label, std::size_t found) { ++counts_[label][found]; }

  double accuracy() const {
    std::size_t right = 0, all = 0;
    for (std::size_t c = 0; c < Classes; ++c) right += counts_[c][c], all += count(c);
    return ratio(right, all);
  }
  /// Of what was taken for class `c`, the part that belongs to it; NaN where there is none.
  double precision(std::size_t c) const {
    std::size_t taken = 0;
    for (const auto& row : counts_) taken += row[c];
    return ratio(counts_[c][c], taken);
  }
  /// Of what belongs to class `c`, the part that was recognised; NaN where there is none.
  double recall(std::size_t c) const { return part(c, c); }
  /// Of what belongs to class `c`, the part that was taken for `found`.
  double part(std::size_t c, std::size_t found) const { return ratio(counts_[c][found], count(c)); }
  /// How much belongs to class `c`.
  std::size_t count(std::size_t c) const {
    std::size_t count = 0;
    for (const std::size_t found : counts_[c]) count += found;
    return count;
  }

 private:
  static double ratio(std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  }

  std::array<std::array<std::size_t, Classes>, Classes> counts_{};  // [label][found]
};

}  // namespace examples
