/// \file
/// JSON as the headers of files have it, read by RapidJSON.
///
/// RapidJSON is the program's own: it stays in whatever namespace this unit has it. Its templates are instantiated here
/// with types of tenon, so that their names carry the instruction set and none of their code is shared with units that
/// are compiled for another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "../core/isa.hpp"
#include "../core/text.hpp"

// Bool is a macro of X11, and what RapidJSON calls for true and false.
#include "../core/undefine_macros.hpp"
//
#include <rapidjson/reader.h>

namespace tenon::inline TENON_ISA::io::detail::json {

namespace library = RAPIDJSON_NAMESPACE;
using Size = library::SizeType;

struct Utf8 : library::UTF8<> {};

/// Memory that RapidJSON asks for. Throws std::bad_alloc where its own allocators return nullptr.
struct Memory {
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

/// The characters of a text, then zeros without end.
class Characters {
 public:
  using Ch = char;
  explicit Characters(std::string_view text) : text_(text) {}
  Ch Peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  Ch Take() {
    const Ch taken = Peek();
    ++position_;
    return taken;
  }
  std::size_t Tell() const { return position_; }

 protected:
  std::string_view text_;
  std::size_t position_ = 0;
};

/// A text that is parsed in place: strings are decoded where they stand.
class InPlace : public Characters {
 public:
  explicit InPlace(std::span<char> text) : Characters({text.data(), text.size()}), characters_(text) {}
  Ch* PutBegin() { return characters_.data() + (written_ = position_); }
  void Put(Ch character) {
    if (written_ < characters_.size()) characters_[written_] = character;
    ++written_;
  }
  std::size_t PutEnd(Ch* begin) { return static_cast<std::size_t>(characters_.data() + written_ - begin); }
  Ch* Push(std::size_t count) { return characters_.data() + std::exchange(written_, written_ + count); }
  void Pop(std::size_t count) { written_ -= count; }
  void Flush() {}
  /// The last `count` characters that were read.
  std::string_view last(std::size_t count) const { return text_.substr(position_ - count, count); }

 private:
  std::span<char> characters_;
  std::size_t written_ = 0;
};

struct Nowhere {
  void Put(char) {}
};

/// The length of the UTF-8 character that `text` begins with, or 0 where it begins with none: surrogates, characters
/// in more bytes than they need and beyond U+10FFFF are none.
inline std::size_t character_size(std::string_view text) {
  Characters input(text);
  Nowhere nowhere;
  return !text.empty() && Utf8::Validate(input, nowhere) && input.Tell() <= text.size() ? input.Tell() : 0;
}

inline bool is_utf8(std::string_view text) {
  while (const std::size_t size = character_size(text)) text.remove_prefix(size);
  return text.empty();
}

/// `text` as a JSON string; bytes that are not UTF-8 are replaced.
inline Text quoted(std::string_view text) {
  Text json = "\"";
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

/// What RapidJSON calls, in terms of a handler's own functions: those of tokens return whether to go on.
template <class Handler>
struct Tokens {
  const InPlace& input;
  Handler& handler;

  bool StartObject() { return handler.start_object(); }
  bool Key(const char* characters, Size size, bool) { return handler.key({characters, size}); }
  bool EndObject(Size) { return handler.end_object(); }
  bool StartArray() { return handler.start_array(); }
  bool EndArray(Size) { return handler.end_array(); }
  bool String(const char* characters, Size size, bool) { return handler.string({characters, size}); }
  bool RawNumber(const char*, Size size, bool) { return handler.number(input.last(size)); }
  bool Bool(bool value) { return handler.word(value ? "true" : "false"); }
  bool Null() { return handler.word("null"); }

  // Numbers come as they are spelled, but RapidJSON compiles these in.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
};

/// Calls `handler` for every token of `text`, which is overwritten: strings are decoded, and numbers are as they are
/// spelled. Returns what is wrong with the text; nothing where it is right or `handler` stopped.
template <class Handler>
Text parse(std::span<char> text, Handler& handler) {
  InPlace input(text);
  Memory memory;
  library::GenericReader<Utf8, Utf8, Memory> reader(&memory);
  constexpr unsigned flags =
      library::kParseInsituFlag | library::kParseValidateEncodingFlag | library::kParseNumbersAsStringsFlag;
  Tokens<Handler> tokens{input, handler};
  reader.template Parse<flags>(input, tokens);
  if (!reader.HasParseError() || reader.GetParseErrorCode() == library::kParseErrorTermination) return {};
  const bool encoding = reader.GetParseErrorCode() == library::kParseErrorStringInvalidEncoding;
  return Text("not ") + (encoding ? "UTF-8" : "JSON") + " at byte " + to_text(reader.GetErrorOffset());
}

}  // namespace tenon::inline TENON_ISA::io::detail::json

#include "../core/restore_macros.hpp"
