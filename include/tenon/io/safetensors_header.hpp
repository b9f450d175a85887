/// \file
/// The header of a safetensors file: reading it from JSON, and checking where it says the tensors are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/any_tensor.hpp"
#include "../core/isa.hpp"

namespace tenon::inline TENON_ISA::io::detail {

inline constexpr std::uint64_t max_header_size = 100'000'000;  // the format's own limit
inline constexpr std::string_view metadata_name = "__metadata__";

using Json = nlohmann::json;

/// `name` as a JSON string; bytes that are not UTF-8 are replaced.
inline std::string json_string(const std::string& name) {
  return Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Where the header says a tensor is: bytes [begin, end) of the data.
struct HeaderEntry {
  std::string name;
  DType dtype;
  std::vector<index_t> extents;
  index_t begin, end;
};

/// Receives a header from the JSON parser, token by token: `{name: {dtype, shape, data_offsets}…}`. A token the format
/// does not allow there stops the parser, with `error` saying what was wanted and found.
class HeaderReader {
 public:
  std::vector<HeaderEntry> entries;
  std::string error;

  bool start_object(std::size_t) {
    if (place_ == Place::file) return enter(Place::header);
    if (place_ == Place::header) return enter(name_ == metadata_name ? Place::metadata : Place::entry);
    return unexpected("an object");
  }

  bool key(std::string& key) {
    if (place_ == Place::header) {
      name_ = key;
      return names_.insert(key).second || fail("this name appears twice");
    }
    if (place_ == Place::metadata)
      return metadata_names_.insert(key).second || fail("key " + json_string(key) + " appears twice");
    if (key == "dtype" && !dtype_) return enter(Place::dtype);
    if (key == "shape" && !shape_) return enter(Place::shape);
    if (key == "data_offsets" && !data_offsets_) return enter(Place::data_offsets);
    return unexpected("key " + json_string(key));
  }

  bool string(std::string& value) {
    if (place_ == Place::metadata) return true;
    if (place_ != Place::dtype) return unexpected("the string " + json_string(value));
    dtype_ = dtype_named(value);
    return dtype_ ? enter(Place::entry) : unexpected(json_string(value));
  }

  bool start_array(std::size_t) {
    Numbers* numbers = numbers_wanted();
    if (!numbers || *numbers) return unexpected("an array");
    numbers->emplace();
    return true;
  }

  bool number_unsigned(std::uint64_t value) {
    Numbers* numbers = numbers_wanted();
    if (!numbers || !*numbers || value > std::uint64_t{(std::numeric_limits<index_t>::max)()})
      return unexpected(std::to_string(value));
    (*numbers)->push_back(static_cast<index_t>(value));
    return true;
  }

  bool end_array() {
    if (place_ == Place::data_offsets && data_offsets_->size() != 2)
      return unexpected(std::to_string(data_offsets_->size()) + " numbers");
    return enter(Place::entry);
  }

  bool end_object() {
    if (place_ == Place::header) return enter(Place::file);
    if (place_ == Place::entry) {
      if (!dtype_ || !shape_ || !data_offsets_) return unexpected("only some of these");
      entries.push_back({name_, *dtype_, std::move(*shape_), (*data_offsets_)[0], (*data_offsets_)[1]});
      dtype_.reset();
      shape_.reset();
      data_offsets_.reset();
    }
    return enter(Place::header);
  }

  bool null() { return unexpected("null"); }
  bool boolean(bool value) { return unexpected(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return unexpected(std::to_string(value)); }
  bool number_float(double, const std::string& text) { return unexpected(text); }
  bool binary(Json::binary_t&) { return unexpected("binary data"); }
  bool parse_error(std::size_t, const std::string&, const Json::exception& exception) {
    error = std::string("header: ") + exception.what();
    return false;
  }

 private:
  enum class Place { file, header, metadata, entry, dtype, shape, data_offsets };
  using Numbers = std::optional<std::vector<index_t>>;

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  bool fail(const std::string& what) {
    error = "entry " + json_string(name_) + ": " + what;
    return false;
  }

  bool unexpected(const std::string& found) { return fail(std::string("wanted ") + wanted() + ", found " + found); }

  Numbers* numbers_wanted() {
    if (place_ == Place::shape) return &shape_;
    return place_ == Place::data_offsets ? &data_offsets_ : nullptr;
  }

  const char* wanted() const {
    switch (place_) {
      case Place::metadata:
        return "strings";
      case Place::entry:
        return "dtype, shape and data_offsets, once each";
      case Place::dtype:
        return "dtype to be one of F16, BF16, F32, F64, I32, I64, U8, BOOL";
      case Place::shape:
        return "shape to be an array of integers from 0 to 2^63-1";
      case Place::data_offsets:
        return "data_offsets to be an array of two integers from 0 to 2^63-1";
      default:
        return "an object";
    }
  }

  Place place_ = Place::file;
  std::string name_;
  std::optional<DType> dtype_;
  Numbers shape_, data_offsets_;  // empty until their array begins
  std::set<std::string> names_, metadata_names_;
};

/// What is wrong with the places of the entries in `data_size` bytes of data, or nothing: each must be as large as its
/// shape, and together they must cover the data without gap or overlap.
inline std::string misplaced(const std::vector<HeaderEntry>& entries, std::uint64_t data_size) {
  const auto wrong = [](const HeaderEntry& entry, const std::string& wanted, const std::string& found) {
    return "entry " + json_string(entry.name) + ": wanted " + wanted + ", found " + found;
  };
  const auto place = [](const HeaderEntry& entry) {
    return "bytes [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + ")";
  };
  std::vector<const HeaderEntry*> by_place;
  for (const HeaderEntry& entry : entries) {
    const std::optional<index_t> count = element_count(entry.dtype, entry.extents);
    if (!count) return wrong(entry, "a size below 2^63 bytes", describe(entry.dtype, entry.extents));
    const index_t size = *count * dtype_size(entry.dtype);
    if (entry.end - entry.begin != size)
      return wrong(entry, std::to_string(size) + " bytes for " + describe(entry.dtype, entry.extents), place(entry));
    if (static_cast<std::uint64_t>(entry.end) > data_size)
      return wrong(entry, place(entry), std::to_string(data_size) + " bytes of data");
    by_place.push_back(&entry);
  }
  std::sort(by_place.begin(), by_place.end(), [](const HeaderEntry* a, const HeaderEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  index_t covered = 0;
  for (const HeaderEntry* entry : by_place) {
    if (entry->begin != covered)
      return wrong(*entry, "data from byte " + std::to_string(covered) + ", where the entry before it ends",
                   place(*entry));
    covered = entry->end;
  }
  if (static_cast<std::uint64_t>(covered) != data_size)
    return "wanted " + std::to_string(covered) + " bytes of data, found " + std::to_string(data_size);
  return {};
}

}  // namespace tenon::inline TENON_ISA::io::detail
