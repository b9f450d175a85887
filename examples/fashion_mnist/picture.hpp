/// \file
/// A picture of what a net made of the first test images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "../canvas.hpp"
#include "dataset.hpp"

namespace fashion_mnist {

/// Draws a grid of images, each with the class it was taken for beneath it; wrong ones are framed in red and name the
/// true class too.
class Picture {
 public:
  explicit Picture(const std::string& title) { canvas_.write(title, width / 2.0, 0.65 * title_height, 20); }

  static constexpr std::size_t capacity() { return columns * rows; }

  /// Draws the image at `position` of the grid, which counts from the upper left, row by row.
  void add(std::size_t position, std::span<const std::uint8_t> image, std::size_t label, std::size_t predicted) {
    const double left = static_cast<double>(position % columns) * cell_width + (cell_width - shown_size) / 2.0;
    const double top = static_cast<double>(position / columns) * cell_height + title_height;
    const bool wrong = predicted != label;
    canvas_.set_color(wrong ? examples::red : examples::ink);
    if (wrong) {
      cairo_rectangle(canvas_.cairo(), left - frame, top - frame, shown_size + 2 * frame, shown_size + 2 * frame);
      cairo_fill(canvas_.cairo());
    }
    const double center = left + shown_size / 2.0, baseline = top + shown_size + 18;
    canvas_.write(class_names[predicted], center, baseline, 14);
    if (wrong) canvas_.write(std::string("true: ") + class_names[label], center, baseline + 15, 12);
    draw_image(image, left, top);
  }

  /// Writes a PNG file.
  void save(const std::filesystem::path& path) const { canvas_.save(path); }

 private:
  static constexpr int columns = 12, rows = 8, scale = 3, shown_size = scale * int{image_size}, frame = 4;
  static constexpr int cell_width = shown_size + 18, cell_height = shown_size + 44, title_height = 52, margin = 4;
  static constexpr int width = columns * cell_width, height = title_height + rows * cell_height + margin;

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

    cairo_save(canvas_.cairo());
    cairo_translate(canvas_.cairo(), left, top);
    cairo_scale(canvas_.cairo(), scale, scale);
    cairo_set_source_surface(canvas_.cairo(), source.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(canvas_.cairo()), CAIRO_FILTER_NEAREST);
    cairo_paint(canvas_.cairo());
    cairo_restore(canvas_.cairo());
  }

  examples::Canvas canvas_{width, height};
};

}  // namespace fashion_mnist
