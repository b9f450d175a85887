/// \file
/// The header of a safetensors file: reading it from JSON, and checking where it says the tensors are.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/any_tensor.hpp"
#include "../core/isa.hpp"
#include "../core/state_dict.hpp"
#include "../core/text.hpp"
#include "json.hpp"

namespace tenon::inline TENON_ISA::io::detail {

inline constexpr std::uint64_t max_header_size = 100'000'000;  // the format's own limit
inline constexpr std::string_view metadata_name = "__metadata__";

/// An element type of the format. Those that DType lacks have their place in a file checked, and are left there.
struct FileDType {
  std::string_view name;
  index_t bits;
};
inline constexpr std::array<FileDType, 14> other_dtypes{{{"F4", 4},
                                                         {"F6_E2M3", 6},
                                                         {"F6_E3M2", 6},
                                                         {"F8_E5M2", 8},
                                                         {"F8_E4M3", 8},
                                                         {"F8_E8M0", 8},
                                                         {"F8_E4M3FNUZ", 8},
                                                         {"F8_E5M2FNUZ", 8},
                                                         {"I8", 8},
                                                         {"I16", 16},
                                                         {"U16", 16},
                                                         {"U32", 32},
                                                         {"U64", 64},
                                                         {"C64", 64}}};

/// The element type called `name`, if the format has one.
constexpr std::optional<FileDType> file_dtype_named(std::string_view name) {
  if (const std::optional<DType> dtype = dtype_named(name))
    return FileDType{dtype_name(*dtype), 8 * dtype_size(*dtype)};
  for (const FileDType& dtype : other_dtypes)
    if (dtype.name == name) return dtype;
  return std::nullopt;
}

using Extents = List<index_t>;

/// Where the header says a tensor is: bytes [begin, end) of the data.
struct HeaderEntry {
  Text name;
  FileDType dtype;
  Extents extents;
  index_t begin, end;
};

/// Receives a header from the JSON parser, token by token: `{name: {dtype, shape, data_offsets}…}`. A token the format
/// does not allow there stops the parser, with `error` saying what was wanted and found.
class HeaderReader {
 public:
  std::vector<HeaderEntry> entries;
  StateDict::Metadata metadata;
  Text error;

  bool start_object() {
    if (level_ == Level::file) return enter(Level::header);
    if (level_ == Level::header) return enter(name_ == metadata_name ? Level::metadata : Level::entry);
    return unexpected("an object");
  }

  bool key(std::string_view key) {
    if (!json::is_utf8(key)) return fail_surrogate();
    if (level_ == Level::header) {
      name_ = key;
      return names_.insert(name_).second || fail("this name appears twice");
    }
    if (level_ == Level::metadata) {
      const auto [at, is_new] = metadata.emplace(key, std::string());
      metadata_text_ = &at->second;
      return is_new || fail("key " + json::quoted(key) + " appears twice");
    }
    if (key == "dtype" && !dtype_) return enter(Level::dtype);
    if (key == "shape" && !shape_) return enter(Level::shape);
    if (key == "data_offsets" && !data_offsets_) return enter(Level::data_offsets);
    return unexpected("key " + json::quoted(key));
  }

  bool string(std::string_view value) {
    if (!json::is_utf8(value)) return fail_surrogate();
    if (level_ == Level::metadata) {
      metadata_text_->assign(value.data(), value.size());
      return true;
    }
    if (level_ != Level::dtype) return unexpected("the string " + json::quoted(value));
    dtype_ = file_dtype_named(value);
    return dtype_ ? enter(Level::entry) : unexpected(json::quoted(value));
  }

  bool start_array() {
    Numbers* numbers = numbers_wanted();
    if (!numbers || *numbers) return unexpected("an array");
    numbers->emplace();
    return true;
  }

  bool number(std::string_view text) {
    Numbers* numbers = numbers_wanted();
    const std::optional<index_t> value = count_of(text);
    if (!numbers || !*numbers || !value) return unexpected(Text(text));
    (*numbers)->push_back(*value);
    return true;
  }

  bool end_array() {
    if (level_ == Level::data_offsets && data_offsets_->size() != 2)
      return unexpected(to_text(data_offsets_->size()) + " numbers");
    return enter(Level::entry);
  }

  bool end_object() {
    if (level_ == Level::header) return enter(Level::file);
    if (level_ == Level::entry) {
      if (!dtype_ || !shape_ || !data_offsets_) return unexpected("only some of these");
      entries.push_back({name_, *dtype_, std::move(*shape_), (*data_offsets_)[0], (*data_offsets_)[1]});
      dtype_.reset();
      shape_.reset();
      data_offsets_.reset();
    }
    return enter(Level::header);
  }

  bool word(const char* value) { return unexpected(value); }

 private:
  enum class Level { file, header, metadata, entry, dtype, shape, data_offsets };
  using Numbers = std::optional<Extents>;

  bool enter(Level level) {
    level_ = level;
    return true;
  }

  bool fail(const Text& what) {
    error = "entry " + json::quoted(name_) + ": " + what;
    return false;
  }

  bool unexpected(const Text& found) { return fail(Text("wanted ") + wanted() + ", found " + found); }

  /// RapidJSON lets half a surrogate pair pass where it is escaped.
  bool fail_surrogate() {
    error = "header: not UTF-8: half a surrogate pair";
    return false;
  }

  /// The integer from 0 to 2^63-1 that a JSON number spells, or nothing.
  static std::optional<index_t> count_of(std::string_view number) {
    constexpr index_t limit = (std::numeric_limits<index_t>::max)();
    index_t value = 0;
    for (const char character : number) {
      const index_t digit = character - '0';
      if (digit < 0 || digit > 9 || value > (limit - digit) / 10) return std::nullopt;
      value = 10 * value + digit;
    }
    return value;
  }

  Numbers* numbers_wanted() {
    if (level_ == Level::shape) return &shape_;
    return level_ == Level::data_offsets ? &data_offsets_ : nullptr;
  }

  const char* wanted() const {
    switch (level_) {
      case Level::metadata:
        return "strings";
      case Level::entry:
        return "dtype, shape and data_offsets, once each";
      case Level::dtype:
        return "dtype to be one of the format, such as F16, BF16, F32, F64, I32, I64, U8, BOOL";
      case Level::shape:
        return "shape to be an array of integers from 0 to 2^63-1";
      case Level::data_offsets:
        return "data_offsets to be an array of two integers from 0 to 2^63-1";
      case Level::file:
      case Level::header:
        break;
    }
    return "an object";
  }

  Level level_ = Level::file;
  Text name_;
  std::optional<FileDType> dtype_;
  Numbers shape_, data_offsets_;  // empty until their array begins
  std::set<Text, std::less<>, Allocator<Text>> names_;
  std::string* metadata_text_ = nullptr;  // of the name that was read last
};

/// What is wrong with the places of the entries in `data_size` bytes of data, or nothing: each must be as large as its
/// shape, and together they must cover the data without gap or overlap.
inline Text misplaced(const std::vector<HeaderEntry>& entries, std::uint64_t data_size) {
  const auto wrong = [](const HeaderEntry& entry, const Text& wanted, const Text& found) {
    return "entry " + json::quoted(entry.name) + ": wanted " + wanted + ", found " + found;
  };
  const auto place = [](const HeaderEntry& entry) {
    return "bytes [" + to_text(entry.begin) + ", " + to_text(entry.end) + ")";
  };
  std::vector<const HeaderEntry*> by_place;
  for (const HeaderEntry& entry : entries) {
    const auto& [name, bits] = entry.dtype;
    const Text found = tenon::detail::describe(name, entry.extents);
    const std::optional<index_t> count = tenon::detail::element_count((std::max<index_t>)(bits / 8, 1), entry.extents);
    if (!count) return wrong(entry, "a size below 2^63 bytes", found);
    if (*count % 8 * bits % 8 != 0) return wrong(entry, "a size of whole bytes", found);
    const index_t size = bits % 8 == 0 ? *count * (bits / 8) : *count / 8 * bits + *count % 8 * bits / 8;
    if (entry.end - entry.begin != size) return wrong(entry, to_text(size) + " bytes for " + found, place(entry));
    if (static_cast<std::uint64_t>(entry.end) > data_size)
      return wrong(entry, place(entry), to_text(data_size) + " bytes of data");
    by_place.push_back(&entry);
  }
  std::sort(by_place.begin(), by_place.end(), [](const HeaderEntry* a, const HeaderEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  index_t covered = 0;
  for (const HeaderEntry* entry : by_place) {
    if (entry->begin != covered)
      return wrong(*entry, "data from byte " + to_text(covered) + ", where the entry before it ends", place(*entry));
    covered = entry->end;
  }
  if (static_cast<std::uint64_t>(covered) != data_size)
    return "wanted " + to_text(covered) + " bytes of data, found " + to_text(data_size);
  return {};
}

}  // namespace tenon::inline TENON_ISA::io::detail
