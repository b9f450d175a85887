/// \file
/// Curves and bars over axes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "canvas.hpp"

namespace examples {

struct Axis {
  std::string label;
  double low, high;
  bool logarithmic = false;

  /// Where `value` lies between the ends of the axis, which are 0 and 1.
  double position(double value) const {
    if (!logarithmic) return (value - low) / (high - low);
    return std::log(std::max(value, low / 2) / low) / std::log(high / low);
  }

  /// The values that are written beside the axis: powers of ten, or multiples of 1, 2 or 5 times one.
  std::vector<double> ticks() const {
    std::vector<double> values;
    if (logarithmic) {
      for (double value = std::pow(10, std::ceil(std::log10(low) - 1e-9)); value < high * 1.001; value *= 10)
        values.push_back(value);
      return values;
    }
    const double least = (high - low) / 8, power = std::pow(10, std::floor(std::log10(least)));
    const double step = power * (least <= power ? 1 : least <= 2 * power ? 2 : least <= 5 * power ? 5 : 10);
    for (double n = std::ceil(low / step - 1e-9); n * step < high + 1e-9 * step; ++n) values.push_back(n * step);
    return values;
  }
};

/// Panels one below the other. `axes` begins the next one; `line` and `bars` draw in it.
class Plot {
 public:
  Plot(const std::string& title, int panels) : canvas_(width, title_height + panels * panel_height) {
    canvas_.write(title, width / 2.0, 34, 20);
  }

  void axes(const Axis& x, const Axis& y) {
    x_ = x;
    y_ = y;
    top_ = title_height + panel_height * drawn_++ + above;
    caption_ = right;
    const double bottom = top_ + inner_height;
    for (const double value : x.ticks()) {
      rule(at_x(value), top_, at_x(value), bottom);
      canvas_.write(number(value), at_x(value), bottom + 17, 12);
    }
    for (const double value : y.ticks()) {
      rule(left, at_y(value), right, at_y(value));
      canvas_.write(number(value), left - 8, at_y(value) + 4, 12, Align::end);
    }
    canvas_.write(x.label, (left + right) / 2, bottom + 36, 13);
    canvas_.write(y.label, left, top_ - 9, 13, Align::begin);
  }

  /// Draws a curve, and its caption above the panel, from the right. Values are `x` and `y`, of one size.
  template <class Number>
  void line(std::span<const double> x, std::span<const Number> y, const Color& color, const std::string& caption,
            double thickness = 1.5) {
    write_caption(caption, color);
    cairo_save(canvas_.cairo());
    cairo_rectangle(canvas_.cairo(), left, top_, right - left, inner_height);
    cairo_clip(canvas_.cairo());
    cairo_set_line_width(canvas_.cairo(), thickness);
    cairo_set_line_join(canvas_.cairo(), CAIRO_LINE_JOIN_ROUND);
    for (std::size_t i = 0; i < x.size(); ++i)
      cairo_line_to(canvas_.cairo(), at_x(x[i]), at_y(static_cast<double>(y[i])));
    cairo_stroke(canvas_.cairo());
    cairo_restore(canvas_.cairo());
  }

  /// Draws `heights` (n) from the bottom, over the `edges` (n + 1).
  void bars(std::span<const double> edges, std::span<const std::size_t> heights, const Color& color) {
    canvas_.set_color(color);
    const double bottom = top_ + inner_height;
    for (std::size_t i = 0; i < heights.size(); ++i) {
      if (heights[i] == 0) continue;
      const double height = at_y(static_cast<double>(heights[i]));
      cairo_rectangle(canvas_.cairo(), at_x(edges[i]), height, at_x(edges[i + 1]) - at_x(edges[i]) - 1,
                      bottom - height);
    }
    cairo_fill(canvas_.cairo());
  }

  void save(const std::filesystem::path& path) const { canvas_.save(path); }

 private:
  static constexpr int width = 1000, title_height = 50, panel_height = 290;
  static constexpr double above = 30, inner_height = panel_height - above - 50, left = 75, right = width - 30;

  double at_x(double value) const { return left + (right - left) * x_.position(value); }
  double at_y(double value) const { return top_ + inner_height * (1 - y_.position(value)); }

  static std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", std::abs(value) < 1e-12 ? 0 : value);
    return text;
  }

  void rule(double x0, double y0, double x1, double y1) {
    canvas_.set_color({0.88, 0.88, 0.88});
    cairo_set_line_width(canvas_.cairo(), 1);
    cairo_move_to(canvas_.cairo(), x0, y0);
    cairo_line_to(canvas_.cairo(), x1, y1);
    cairo_stroke(canvas_.cairo());
    canvas_.set_color(ink);
  }

  void write_caption(const std::string& caption, const Color& color) {
    canvas_.set_color(color);
    if (caption.empty()) return;
    canvas_.write(caption, caption_, top_ - 9, 13, Align::end);
    cairo_text_extents_t extents;
    cairo_text_extents(canvas_.cairo(), caption.c_str(), &extents);
    caption_ -= extents.width + 24;
  }

  Canvas canvas_;
  Axis x_{}, y_{};
  int drawn_ = 0;
  double top_ = 0, caption_ = 0;
};

}  // namespace examples
