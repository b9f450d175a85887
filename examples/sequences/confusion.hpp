/// \file
/// Which languages are taken for which.
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>

#include "../canvas.hpp"
#include "../confusion.hpp"
#include "words.hpp"

namespace sequences {

using Confusion = examples::Confusion<language_count>;

inline void print(const Confusion& confusion) {
  std::printf("%-8s %6s %6s\n", "language", "words", "right");
  for (std::size_t language = 0; language < language_count; ++language)
    std::printf("%-8s %6zu %4.1f %%\n", language_names[language], confusion.count(language),
                100 * confusion.recall(language));
}

/// Draws a row for each language, whose squares are the darker the more of its words were taken for the column's.
inline void draw(const Confusion& confusion, const std::string& title, const std::filesystem::path& path) {
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
      const double x = left + static_cast<double>(column) * square, dark = confusion.part(row, column);
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

}  // namespace sequences
