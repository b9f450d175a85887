/// \file
/// Reading and writing safetensors files, which move between tenon and PyTorch unchanged.
///
/// A file is the length of its header (8 bytes, little endian), the header (JSON: the dtype, shape and place of every
/// tensor) and the elements. Files are strangers: nothing in them is believed before it is checked, and no tensor is
/// allocated that the file is not large enough to fill.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../core/any_tensor.hpp"
#include "../core/error.hpp"
#include "../core/isa.hpp"
#include "../core/state_dict.hpp"
#include "replace_file.hpp"
#include "safetensors_header.hpp"

namespace tenon::inline TENON_ISA::io {

namespace detail {

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

/// What a file that begins with `bytes` (up to 9) is instead of a safetensors file, for an error message; nothing where
/// it could be anything.
inline Text describe_kind(std::string_view bytes) {
  constexpr const char* hint = "; save the tensors with safetensors.torch.save_file in Python)";
  if (bytes.starts_with("PK\x03\x04")) return Text(" (a zip archive, as torch.save writes it") + hint;
  if (bytes.starts_with("\x80\x02")) return Text(" (a Python pickle, as torch.save once wrote it") + hint;
  if (bytes.starts_with("\x89HDF")) return " (an HDF5 file)";
  if (bytes.starts_with("\x89PNG")) return " (a PNG image)";
  if (bytes.starts_with("GGUF")) return " (a GGUF file)";
  const bool text = !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](char byte) {
    return (byte >= ' ' && byte <= '~') || byte == '\n' || byte == '\r' || byte == '\t';
  });
  return text ? " (it begins with the text " + json::quoted(bytes) + ")" : "";
}

/// Loads from `size` bytes, of which `read(offset, bytes)` reads some, or returns false. `source` is named in errors.
template <class Read>
StateDict load(const Text& source, std::uint64_t size, Read read) {
  const auto fail = [&](const Text& what) { raise(source + ": " + what); };
  const auto read_at = [&](std::uint64_t offset, std::span<std::byte> bytes) {
    if (!bytes.empty() && !read(offset, bytes))
      fail("cannot read bytes [" + to_text(offset) + ", " + to_text(offset + bytes.size()) + ")");
  };

  std::array<char, 9> first{};  // the length of the header, and its first byte
  const auto known = static_cast<std::size_t>((std::min<std::uint64_t>)(size, first.size()));
  read_at(0, std::as_writable_bytes(std::span(first).first(known)));
  const auto fail_as_other = [&](const Text& what) {
    fail("not a safetensors file: " + what + describe_kind({first.data(), known}));
  };
  std::uint64_t header_size = 0;
  if (known < sizeof header_size) fail_as_other("wanted at least 8 bytes, found " + to_text(size));
  std::memcpy(&header_size, first.data(), sizeof header_size);
  if (header_size > max_header_size)
    fail_as_other("wanted a header of at most 100 MB, found one of " + to_text(header_size) + " bytes");
  if (known == first.size() && (header_size == 0 || first.back() != '{'))
    fail_as_other("header: wanted '{' as its first byte");
  const std::uint64_t data_begin = sizeof header_size + header_size;
  if (data_begin > size)
    fail("wanted a header of " + to_text(header_size) + " bytes, found " + to_text(size - sizeof header_size));
  if (header_size == 0) fail_as_other("header: wanted '{' as its first byte");
  Text header(static_cast<std::uint32_t>(header_size), '\0');
  read_at(sizeof header_size, std::as_writable_bytes(std::span(header)));

  HeaderReader reader;
  if (header.find('\0') != Text::npos) fail("header: wanted text, found a zero byte");  // would end the parser's input
  if (const Text wrong = json::parse({header.data(), header.size()}, reader); !wrong.empty()) fail("header: " + wrong);
  if (!reader.error.empty()) fail(reader.error);
  if (const Text wrong = misplaced(reader.entries, size - data_begin); !wrong.empty()) fail(wrong);

  StateDict dict;
  dict.metadata() = std::move(reader.metadata);
  for (const HeaderEntry& entry : reader.entries) {
    std::string name(entry.name.data(), entry.name.size());
    if (const std::optional<DType> dtype = dtype_named(entry.dtype.name)) {
      AnyTensor tensor(*dtype, {entry.extents.begin(), entry.extents.end()});
      read_at(data_begin + static_cast<std::uint64_t>(entry.begin), tensor.bytes());
      dict.insert(std::move(name), std::move(tensor));
    } else {
      dict.skip({std::move(name), std::string(entry.dtype.name), {entry.extents.begin(), entry.extents.end()}});
    }
  }
  return dict;
}

/// What a file of some dict holds: the header, padded to a multiple of 8 bytes, and the tensors in the order of their
/// data. The header keeps the order of the dict; in the data, tensors with wider elements come first, so that every
/// tensor in the file is aligned to its element size.
struct FileContents {
  Text header;
  std::vector<const AnyTensor*> tensors;
};

/// Returns the metadata of `dict` as an entry of the header; nothing where there is none.
inline Text metadata_of(const StateDict& dict, const Text& target) {
  Text texts;
  for (const auto& [name, text] : dict.metadata()) {
    if (!json::is_utf8(name) || !json::is_utf8(text))
      raise(target + ": wanted metadata that is UTF-8, found " + json::quoted(name) + ": " + json::quoted(text));
    texts += (texts.empty() ? "" : ",") + json::quoted(name) + ':' + json::quoted(text);
  }
  return texts.empty() ? texts : json::quoted(metadata_name) + ":{" + texts + '}';
}

inline FileContents contents_of(const StateDict& dict, const Text& target) {
  const std::span<const StateDict::value_type> entries(dict.begin(), dict.end());
  FileContents contents;
  List<std::size_t> begins(entries.size());
  std::size_t position = 0;
  for (const index_t element_size : {8, 4, 2, 1}) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const AnyTensor& tensor = entries[i].second;
      if (dtype_size(tensor.dtype()) != element_size) continue;
      begins[i] = position;
      position += tensor.bytes().size();
      contents.tensors.push_back(&tensor);
    }
  }

  Text& header = contents.header;
  header = "{" + metadata_of(dict, target);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& [name, tensor] = entries[i];
    const Text json_name = json::quoted(name);
    if (name == metadata_name || !json::is_utf8(name))
      raise(target + ": wanted names that are UTF-8 and not " + Text(metadata_name) + ", found " + json_name);
    Text shape = "[";
    for (const index_t extent : tensor.extents()) shape += (shape.size() > 1 ? "," : "") + to_text(extent);
    if (header.size() > 1) header += ',';
    header += json_name + ":{\"dtype\":\"" + Text(dtype_name(tensor.dtype())) + "\",\"shape\":" + shape +
              "],\"data_offsets\":[" + to_text(begins[i]) + ',' + to_text(begins[i] + tensor.bytes().size()) + "]}";
  }
  header += '}';
  header.append((8 - header.size() % 8) % 8, ' ');
  if (header.size() > max_header_size)
    raise(target + ": wanted a header of at most 100 MB, found one of " + to_text(header.size()) + " bytes");
  return contents;
}

}  // namespace detail

/// The tensors of a safetensors file held in memory, in the order of its header, and its metadata. Throws tenon::Error
/// for a file that is damaged in any way.
inline StateDict load_safetensors(std::span<const std::byte> file) {
  return detail::load("memory", file.size(), [&](std::uint64_t offset, std::span<std::byte> bytes) {
    std::memcpy(bytes.data(), file.data() + offset, bytes.size());
    return true;
  });
}

/// The tensors of a safetensors file, in the order of its header, and its metadata. Throws tenon::Error, naming the
/// file, the entry, the wanted and the found, for a file that cannot be read or is damaged in any way.
inline StateDict load_safetensors(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  const Text name(path.string().c_str());
  if (error) raise(name + ": " + error.message().c_str());
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) raise(name + ": " + std::generic_category().message(errno).c_str());
  return detail::load(name, size, [&](std::uint64_t offset, std::span<std::byte> bytes) {
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file.good();
  });
}

/// Writes `dict` and its metadata as a safetensors file; entries that were skipped when it was loaded are not in it.
/// The file is complete or not there: it is written beside `path` and moved there last, and a save that throws
/// tenon::Error (no such directory, no space) leaves what `path` held before. A symbolic link stays one, and what it
/// leads to is written; a file that is replaced keeps its mode.
///
///     nn::Linear<4, 2> model;
///     tenon::io::save_safetensors("model.safetensors", model.state_dict());
///     model.load_state_dict(tenon::io::load_safetensors("model.safetensors"));
inline void save_safetensors(const std::filesystem::path& path, const StateDict& dict) {
  const detail::FileContents contents = detail::contents_of(dict, path.string().c_str());
  detail::replace_file(path, [&](auto& file) {
    const std::uint64_t header_size = contents.header.size();
    file.write(std::as_bytes(std::span(&header_size, 1)));
    file.write(std::as_bytes(std::span(contents.header)));
    for (const AnyTensor* tensor : contents.tensors) file.write(tensor->bytes());
  });
}

}  // namespace tenon::inline TENON_ISA::io
