/// \file
/// Reads the gzipped idx files that the MNIST family of data sets comes in.
///
/// An idx file is a big-endian header (0, 0, element type, rank, then 32 bits per extent) followed by the elements.
#pragma once

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <tenon/core/error.hpp>
#include <vector>

namespace fashion_mnist {

/// Everything in a gzipped file. Throws tenon::Error where it is missing, truncated or fails its checksum.
inline std::vector<std::uint8_t> read_gzip(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) tenon::raise(path.string() + ": cannot be opened: " + std::strerror(errno));
  std::vector<std::uint8_t> content;
  constexpr std::size_t chunk = 1 << 20;
  for (;;) {
    const std::size_t filled = content.size();
    content.resize(filled + chunk);
    const int count = gzread(file.get(), content.data() + filled, chunk);
    content.resize(filled + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count > 0) continue;
    int status = Z_OK;  // a file that ends inside its compressed stream reads as 0 bytes with Z_BUF_ERROR
    const std::string message = gzerror(file.get(), &status);  // begins with the path
    if (count == 0 && status == Z_OK) return content;
    tenon::raise(message + " after " + std::to_string(content.size()) + " bytes; wanted a whole gzip file");
  }
}

/// The bytes of a gzipped idx file of shape (any count, Extents...). Throws tenon::Error, naming the file, what was
/// wanted and what was found, where it holds anything else.
template <std::uint32_t... Extents>
std::vector<std::uint8_t> read_idx(const std::filesystem::path& path) {
  constexpr std::array<std::uint32_t, sizeof...(Extents) + 1> wanted{0, Extents...};  // the count may be any
  constexpr std::size_t header_size = 4 + 4 * wanted.size();
  constexpr std::uint32_t unsigned_bytes = 0x08;
  constexpr std::uint32_t wanted_magic = (unsigned_bytes << 8) | wanted.size();

  std::vector<std::uint8_t> content = read_gzip(path);
  const auto fail = [&](const std::string& what, std::uint64_t found) {
    tenon::raise(path.string() + ": wanted " + what + ", found " + std::to_string(found));
  };
  const auto big_endian = [&](std::size_t at) {
    return std::uint32_t{content[at]} << 24 | std::uint32_t{content[at + 1]} << 16 |
           std::uint32_t{content[at + 2]} << 8 | std::uint32_t{content[at + 3]};
  };

  if (content.size() < header_size) fail("an idx header of " + std::to_string(header_size) + " bytes", content.size());
  if (big_endian(0) != wanted_magic) fail("the idx magic number " + std::to_string(wanted_magic), big_endian(0));
  const std::uint64_t count = big_endian(4);
  if (count == 0) fail("at least one entry", count);
  for (std::size_t axis = 1; axis < wanted.size(); ++axis) {
    const std::uint32_t extent = big_endian(4 + 4 * axis);
    if (extent != wanted[axis])
      fail("extent " + std::to_string(wanted[axis]) + " of axis " + std::to_string(axis), extent);
  }
  const std::uint64_t size = count * (std::uint64_t{1} * ... * Extents);
  const std::uint64_t elements = content.size() - header_size;
  if (elements != size) fail(std::to_string(size) + " elements, as its header says", elements);
  content.erase(content.begin(), content.begin() + header_size);
  return content;
}

}  // namespace fashion_mnist
