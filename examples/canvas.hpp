/// \file
/// What the examples draw on.
#pragma once

#include <cairo.h>

#include <filesystem>
#include <memory>
#include <string>
#include <tenon/core/error.hpp>

namespace examples {

struct Color {
  double red, green, blue;
};
inline constexpr Color paper{1, 1, 1}, ink{0.13, 0.13, 0.13}, grey{0.62, 0.62, 0.62}, red{0.84, 0.1, 0.1},
    blue{0.1, 0.35, 0.75};

/// Whether a text begins at a position, is centred on it or ends there.
enum class Align { begin, center, end };

/// A white picture.
class Canvas {
 public:
  Canvas(int width, int height)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height), cairo_surface_destroy),
        cairo_(cairo_create(surface_.get()), cairo_destroy) {
    set_color(paper);
    cairo_paint(cairo());
    cairo_select_font_face(cairo(), "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    set_color(ink);
  }

  /// What cairo's own functions take.
  cairo_t* cairo() const { return cairo_.get(); }
  void set_color(const Color& color) { cairo_set_source_rgb(cairo(), color.red, color.green, color.blue); }

  void write(const std::string& text, double x, double baseline, double size, Align align = Align::center) {
    cairo_set_font_size(cairo(), size);
    cairo_text_extents_t extents;
    cairo_text_extents(cairo(), text.c_str(), &extents);
    const double part = align == Align::begin ? 0 : align == Align::center ? 0.5 : 1;
    cairo_move_to(cairo(), x - part * extents.width - extents.x_bearing, baseline);
    cairo_show_text(cairo(), text.c_str());
  }

  /// Writes a PNG file.
  void save(const std::filesystem::path& path) const {
    const cairo_status_t drawn = cairo_status(cairo());
    const cairo_status_t status = drawn ? drawn : cairo_surface_write_to_png(surface_.get(), path.c_str());
    if (status) tenon::raise(path.string() + ": cannot be written: " + cairo_status_to_string(status));
  }

 private:
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo_;
};

}  // namespace examples
