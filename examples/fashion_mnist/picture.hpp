/// \file
/// A picture of what a net made of the first test images.
#pragma once

#include <cairo.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "dataset.hpp"

namespace fashion_mnist {

/// Draws a grid of images, each with the class it was taken for beneath it; wrong ones are framed in red and name the
/// true class too.
class Picture {
 public:
  explicit Picture(const std::string& title)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height), cairo_surface_destroy),
        cairo_(cairo_create(surface_.get()), cairo_destroy) {
    set_color(paper);
    cairo_paint(cairo_.get());
    cairo_select_font_face(cairo_.get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    set_color(ink);
    write(title, width / 2.0, 0.65 * title_height, 20);
  }

  static constexpr std::size_t capacity() { return columns * rows; }

  /// Draws the image at `position` of the grid, which counts from the upper left, row by row.
  void add(std::size_t position, std::span<const std::uint8_t> image, std::size_t label, std::size_t predicted) {
    const double left = static_cast<double>(position % columns) * cell_width + (cell_width - shown_size) / 2.0;
    const double top = static_cast<double>(position / columns) * cell_height + title_height;
    const bool wrong = predicted != label;
    set_color(wrong ? red : ink);
    if (wrong) {
      cairo_rectangle(cairo_.get(), left - frame, top - frame, shown_size + 2 * frame, shown_size + 2 * frame);
      cairo_fill(cairo_.get());
    }
    const double center = left + shown_size / 2.0, baseline = top + shown_size + 18;
    write(class_names[predicted], center, baseline, 14);
    if (wrong) write(std::string("true: ") + class_names[label], center, baseline + 15, 12);
    draw_image(image, left, top);
  }

  /// Writes a PNG file.
  void save(const std::filesystem::path& path) const {
    const cairo_status_t drawn = cairo_status(cairo_.get());
    const cairo_status_t status = drawn ? drawn : cairo_surface_write_to_png(surface_.get(), path.c_str());
    if (status) tenon::raise(path.string() + ": cannot be written: " + cairo_status_to_string(status));
  }

 private:
  static constexpr int columns = 12, rows = 8, scale = 3, shown_size = scale * int{image_size}, frame = 4;
  static constexpr int cell_width = shown_size + 18, cell_height = shown_size + 44, title_height = 52, margin = 4;
  static constexpr int width = columns * cell_width, height = title_height + rows * cell_height + margin;

  struct Color {
    double red, green, blue;
  };
  static constexpr Color paper{1, 1, 1}, ink{0.13, 0.13, 0.13}, red{0.84, 0.1, 0.1};

  void set_color(const Color& color) { cairo_set_source_rgb(cairo_.get(), color.red, color.green, color.blue); }

  void write(const std::string& text, double center, double baseline, double size) {
    cairo_set_font_size(cairo_.get(), size);
    cairo_text_extents_t extents;
    cairo_text_extents(cairo_.get(), text.c_str(), &extents);
    cairo_move_to(cairo_.get(), center - extents.width / 2 - extents.x_bearing, baseline);
    cairo_show_text(cairo_.get(), text.c_str());
  }

  void draw_image(std::span<const std::uint8_t> image, double left, double top) {
    const std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> source(
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, image_size, image_size), cairo_surface_destroy);
    cairo_surface_flush(source.get());
    unsigned char* const pixels = cairo_image_surface_get_data(source.get());
    if (!pixels) return;  // out of memory, which `save` reports
    const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(source.get()));
    for (std::size_t y = 0; y < image_size; ++y)
      for (std::size_t x = 0; x < image_size; ++x) {
        const std::uint32_t grey = image[y * image_size + x];
        reinterpret_cast<std::uint32_t*>(pixels + y * stride)[x] = grey << 16 | grey << 8 | grey;
      }
    cairo_surface_mark_dirty(source.get());

    cairo_save(cairo_.get());
    cairo_translate(cairo_.get(), left, top);
    cairo_scale(cairo_.get(), scale, scale);
    cairo_set_source_surface(cairo_.get(), source.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo_.get()), CAIRO_FILTER_NEAREST);
    cairo_paint(cairo_.get());
    cairo_restore(cairo_.get());
  }

  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo_;
};

}  // namespace fashion_mnist
