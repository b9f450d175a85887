/// \file
/// JSON as the headers of files have it, read by RapidJSON.
///
/// RapidJSON is the program's own: it stays in whatever namespace this unit has it. Its templates are instantiated here
/// with types of tenon, so that their names carry the instruction set and none of their code is shared with units that
/// are compiled for another one.
#pragma once

#include <rapidjson/reader.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "../core/isa.hpp"

namespace tenon::inline TENON_ISA::io::detail::json {

namespace library = RAPIDJSON_NAMESPACE;
using Size = library::SizeType;

struct Utf8 : library::UTF8<> {};

/// Memory for the parser. Throws std::bad_alloc where RapidJSON's own allocators return nullptr.
struct Allocator {
  static constexpr bool kNeedFree = true;
  void* Malloc(std::size_t size) { return size > 0 ? ::operator new(size) : nullptr; }
  void* Realloc(void* old, std::size_t old_size, std::size_t size) {
    void* const memory = Malloc(size);
    if (old && memory) std::memcpy(memory, old, old_size < size ? old_size : size);
    Free(old);
    return memory;
  }
  static void Free(void* memory) { ::operator delete(memory); }
};

/// The characters of `text`, then zeros without end.
class Input {
 public:
  using Ch = char;
  explicit Input(std::string_view text) : text_(text) {}
  Ch Peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  Ch Take() {
    const Ch taken = Peek();
    ++position_;
    return taken;
  }
  std::size_t Tell() const { return position_; }
  // RapidJSON compiles these in as well, but calls them only where it parses in place.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  std::size_t PutEnd(Ch*) { return 0; }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

struct Nowhere {
  void Put(char) {}
};

/// The length of the UTF-8 character that `text` begins with, or 0 where it begins with none: surrogates, characters
/// in more bytes than they need and beyond U+10FFFF are none.
inline std::size_t character_size(std::string_view text) {
  Input input(text);
  Nowhere nowhere;
  return !text.empty() && Utf8::Validate(input, nowhere) && input.Tell() <= text.size() ? input.Tell() : 0;
}

inline bool is_utf8(std::string_view text) {
  while (const std::size_t size = character_size(text)) text.remove_prefix(size);
  return text.empty();
}

/// `text` as a JSON string; bytes that are not UTF-8 are replaced.
inline std::string quoted(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t size = character_size(text);
    if (size == 0)
      json += "\xEF\xBF\xBD";  // U+FFFD
    else if (byte < 0x20)
      (json += byte < 0x10 ? "\\u000" : "\\u001") += "0123456789abcdef"[byte % 16];
    else if (byte == '"' || byte == '\\')
      (json += '\\') += text.front();
    else
      json += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return json += '"';
}

/// Calls `handler` for every token of `text`, numbers as they are spelled. Returns what is wrong with the text; nothing
/// where it is right or `handler` stopped.
template <class Handler>
std::string parse(std::string_view text, Handler& handler) {
  Input input(text);
  Allocator allocator;
  library::GenericReader<Utf8, Utf8, Allocator> reader(&allocator);
  constexpr unsigned flags = library::kParseValidateEncodingFlag | library::kParseNumbersAsStringsFlag;
  reader.template Parse<flags>(input, handler);
  if (!reader.HasParseError() || reader.GetParseErrorCode() == library::kParseErrorTermination) return {};
  const bool encoding = reader.GetParseErrorCode() == library::kParseErrorStringInvalidEncoding;
  return std::string("not ") + (encoding ? "UTF-8" : "JSON") + " at byte " + std::to_string(reader.GetErrorOffset());
}

}  // namespace tenon::inline TENON_ISA::io::detail::json
