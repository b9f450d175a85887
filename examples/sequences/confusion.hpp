/// \file
/// Which languages are taken for which.
#pragma once

#include <array>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>

#include "../canvas.hpp"
#include "words.hpp"

namespace sequences {

/// How often words of each language were taken for each language.
class Confusion {
 public:
  void add(std::size_t language, std::size_t found) { ++counts_[language][found]; }

  double accuracy() const {
    std::size_t right = 0, all = 0;
    for (std::size_t language = 0; language < language_count; ++language) {
      right += counts_[language][language];
      all += words(language);
    }
    return static_cast<double>(right) / static_cast<double>(all);
  }
  std::size_t words(std::size_t language) const {
    std::size_t count = 0;
    for (const std::size_t found : counts_[language]) count += found;
    return count;
  }
  /// Of the words of a language, the part that was taken for `found`.
  double part(std::size_t language, std::size_t found) const {
    return static_cast<double>(counts_[language][found]) / static_cast<double>(words(language));
  }

  void print() const {
    std::printf("%-8s %6s %6s\n", "language", "words", "right");
    for (std::size_t language = 0; language < language_count; ++language)
      std::printf("%-8s %6zu %4.1f %%\n", language_names[language], words(language), 100 * part(language, language));
  }

  /// Draws a row for each language, whose squares are the darker the more of its words were taken for the column's.
  void draw(const std::string& title, const std::filesystem::path& path) const {
    constexpr double left = 120, top = 120, square = 90, size = language_count * square;
    examples::Canvas canvas(static_cast<int>(left + size + 40), static_cast<int>(top + size + 40));
    canvas.write(title, (left + size + 40) / 2, 36, 20);
    canvas.write("taken for", left + size / 2, top - 48, 13);
    for (std::size_t row = 0; row < language_count; ++row) {
      const double y = top + static_cast<double>(row) * square;
      canvas.set_color(examples::ink);
      canvas.write(language_names[row], left + (static_cast<double>(row) + 0.5) * square, top - 14, 15);
      canvas.write(language_names[row], left - 14, y + square / 2 + 5, 15, examples::Align::end);
      for (std::size_t column = 0; column < language_count; ++column) {
        const double x = left + static_cast<double>(column) * square, dark = part(row, column);
        const examples::Color& full = row == column ? examples::blue : examples::red;
        canvas.set_color({1 - dark * (1 - full.red), 1 - dark * (1 - full.green), 1 - dark * (1 - full.blue)});
        cairo_rectangle(canvas.cairo(), x, y, square - 2, square - 2);
        cairo_fill(canvas.cairo());
        char percent[16];
        std::snprintf(percent, sizeof percent, "%.1f %%", 100 * dark);
        canvas.set_color(dark > 0.5 ? examples::paper : examples::ink);
        canvas.write(percent, x + square / 2, y + square / 2 + 5, 15);
      }
    }
    canvas.save(path);
  }

 private:
  std::array<std::array<std::size_t, language_count>, language_count> counts_{};  // [language][found]
};

}  // namespace sequences
