// Safetensors files, damaged ones above all.
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <tenon/core/any_tensor.hpp>
#include <tenon/core/state_dict.hpp>
#include <tenon/core/tensor.hpp>
#include <tenon/io/safetensors.hpp>
#include <vector>

#include "io.hpp"

namespace {

using namespace tenon_test;
namespace fs = std::filesystem;
using tenon::AnyTensor, tenon::DType, tenon::StateDict, tenon::Tensor;
using tenon::io::load_safetensors, tenon::io::save_safetensors;
using Bytes = std::vector<std::byte>;

// A file as the format has it, whatever the header says.
Bytes file_of(std::string_view header, std::size_t data_size, std::uint64_t header_size) {
  Bytes file(8 + header.size() + data_size);
  std::memcpy(file.data(), &header_size, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  for (std::size_t i = 0; i < data_size; ++i) file[8 + header.size() + i] = std::byte(i + 1);
  return file;
}
Bytes file_of(std::string_view header, std::size_t data_size) { return file_of(header, data_size, header.size()); }

struct Directory {
  fs::path path = fs::temp_directory_path() / ("tenon-io-" + std::to_string(std::random_device()()));
  Directory() { fs::create_directory(path); }
  ~Directory() { fs::remove_all(path); }

  fs::path write(const Bytes& bytes) const {
    std::ofstream(path / "file", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path / "file";
  }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
};

Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

StateDict sample() {  // every dtype, an unusual bit pattern in every element, extents of 0, a scalar, escapes in names
  StateDict dict;
  std::uint32_t state = 1;
  for (const DType dtype :
       {DType::BOOL, DType::U8, DType::F16, DType::F64, DType::BF16, DType::I32, DType::F32, DType::I64}) {
    AnyTensor tensor(dtype, {3, 1, 5});
    for (std::byte& byte : tensor.bytes()) byte = std::byte((state = state * 1664525 + 1013904223) >> 24);
    dict.insert("all." + std::string(dtype_name(dtype)), tensor);
  }
  dict.insert("scalar", Tensor<float>(2.5F));
  dict.insert("empty", AnyTensor(DType::F32, {4, 0, 7}));
  dict.insert("", AnyTensor(DType::I64, {2}));
  dict.insert("\"quoted\\\n\x01\" \xC3\xA9 \xE2\x82\xAC", AnyTensor(DType::U8, {1}));
  return dict;
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_the_format) {
  const StateDict dict =
      load_safetensors(file_of(R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"__metadata__":{"format":"pt"},)"
                               R"("a":{"data_offsets":[0,4],"shape":[2,1],"dtype":"BF16"},)"
                               R"("none":{"dtype":"F64","shape":[0,7],"data_offsets":[4,4]}}  )",
                               6));
  BOOST_TEST(names(dict) == (std::vector<std::string>{"b", "a", "none"}), boost::test_tools::per_element());
  const auto b = dict.get<Tensor<std::uint8_t, 2>>("b");
  BOOST_TEST((b(0) == 5 && b(1) == 6));
  BOOST_TEST(tenon::describe(dict["a"]) == "BF16 (2, 1)");
  BOOST_TEST((dict["a"].data()[0] == std::byte{1} && dict["a"].data()[3] == std::byte{4}));
  BOOST_TEST(dict["none"].size() == 0);
  BOOST_TEST(dict.metadata().size() == 1u);
  BOOST_TEST(dict.metadata().at("format") == "pt");
  BOOST_TEST(load_safetensors(file_of("{}", 0)).empty());
}

BOOST_AUTO_TEST_CASE(metadata) {
  const Directory directory;
  StateDict dict;
  dict.metadata()["model"] = "small";
  dict.metadata()["\"\n\xC3\xA9"] = "\x01\\";
  dict.metadata()["empty"];
  save_safetensors(directory.path / "file", dict);
  const Bytes alone = read(directory.path / "file");
  const std::string_view wanted = R"({"__metadata__":{"\"\u000a\u00e9":"\u0001\\","empty":"","model":"small"}})";
  BOOST_TEST((load_safetensors(alone).metadata() == load_safetensors(file_of(wanted, 0)).metadata()));
  BOOST_TEST((load_safetensors(alone).metadata() == dict.metadata()));
  // Beside tensors.
  const StateDict tensors = sample();
  dict.merge(tensors);
  save_safetensors(directory.path / "file", dict);
  const StateDict loaded = load_safetensors(directory.path / "file");
  BOOST_TEST((loaded.metadata() == dict.metadata()));
  BOOST_TEST(names(loaded) == names(tensors), boost::test_tools::per_element());
  dict.metadata()["name"] = "caf\xE9";
  check_mentions(error_of([&] { save_safetensors(directory.path / "file", dict); }), {"metadata", "UTF-8", "name"});
}

// Two entries of a sound file, next to each other, and a header of one entry.
const std::string first = R"("first":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
const std::string second = R"("second":{"dtype":"F32","shape":[2],"data_offsets":[4,12]})";

std::string entry(std::string_view dtype, std::string_view shape, std::string_view data_offsets) {
  return R"({"x":{"dtype":)" + std::string(dtype) + R"(,"shape":)" + std::string(shape) + R"(,"data_offsets":)" +
         std::string(data_offsets) + "}}";
}

struct Damage {
  std::string header;
  std::size_t data_size;
  std::vector<std::string_view> message;
};

const std::vector<Damage> damages{
    // JSON
    {"", 0, {"'{'"}},
    {" {}", 0, {"'{'"}},
    {"[]", 0, {"'{'"}},
    {"{", 0, {"header"}},
    {"{} x", 0, {"header"}},
    {"{}{}", 0, {"header"}},
    {std::string("{}\0{", 4), 0, {"zero byte"}},
    {"{\"\xFF\":1}", 0, {"header"}},
    {"{'x':1}", 0, {"header"}},
    {"{\"\xED\xA0\x80\":1}", 0, {"header", "UTF-8"}},      // a surrogate
    {"{\"\xC0\x80\":1}", 0, {"header", "UTF-8"}},          // overlong
    {"{\"\xF4\x90\x80\x80\":1}", 0, {"header", "UTF-8"}},  // beyond U+10FFFF
    {R"({"\uD800":1})", 0, {"header"}},
    {R"({"\uDC00":1})", 0, {"header", "UTF-8"}},
    {R"({"__metadata__":{"a":"\uDFFF"}})", 0, {"header", "UTF-8"}},
    {R"({"\uD800\u0041":1})", 0, {"header"}},
    {"\xEF\xBB\xBF{}", 0, {"'{'"}},
    {"{\"a\tb\":1}", 0, {"header"}},
    {entry(R"("F32")", "[01]", "[0,4]"), 4, {"header"}},
    {"{/**/}", 0, {"header"}},
    {R"({"x":1e999})", 0, {"header"}},
    {std::string(100'000, '{'), 0, {"header"}},
    {R"({"x":)" + std::string(100'000, '['), 0, {"\"x\"", "an array"}},
    {"{" + first + ",}", 4, {"header"}},
    // structure
    {R"({"x":1})", 0, {"\"x\"", "an object", "found 1"}},
    {R"({"x":[]})", 0, {"\"x\"", "an object", "an array"}},
    {R"({"x":null})", 0, {"\"x\"", "null"}},
    {R"({"x":"F32"})", 0, {"\"x\"", "F32"}},
    {R"({"x":{}})", 0, {"\"x\"", "dtype, shape and data_offsets"}},
    {R"({"x":{"dtype":"F32","shape":[]}})", 4, {"\"x\"", "dtype, shape and data_offsets"}},
    {R"({"x":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4, {"\"x\"", "key \"dtype\""}},
    {R"({"x":{"dtype":"F32","shape":[],"shape":[],"data_offsets":[0,4]}})", 4, {"\"x\"", "key \"shape\""}},
    {R"({"x":{"dtype":"F32","shape":[],"data_offsets":[0,4],"stride":[1]}})", 4, {"\"x\"", "key \"stride\""}},
    {R"({"__metadata__":{"format":1}})", 0, {"__metadata__", "strings", "found 1"}},
    {R"({"__metadata__":{"a":{}}})", 0, {"__metadata__", "strings"}},
    {R"({"__metadata__":{"a":"","a":""}})", 0, {"__metadata__", "twice"}},
    {R"({"__metadata__":{},"__metadata__":{}})", 0, {"__metadata__", "twice"}},
    {R"({"__metadata__":"pt"})", 0, {"__metadata__", "pt"}},
    // names
    {"{" + first + "," + first + "}", 4, {"\"first\"", "twice"}},
    {"{" + first + R"(,"\u0066irst":{"dtype":"F32","shape":[],"data_offsets":[4,8]}})", 8, {"\"first\"", "twice"}},
    // dtypes
    {entry(R"("F31")", "[]", "[0,4]"), 4, {"\"x\"", "dtype", "\"F31\""}},
    {entry(R"("f32")", "[]", "[0,4]"), 4, {"\"x\"", "dtype", "\"f32\""}},
    {entry(R"("")", "[]", "[0,4]"), 4, {"\"x\"", "dtype"}},
    {entry("2", "[]", "[0,4]"), 4, {"\"x\"", "dtype", "found 2"}},
    {entry(R"(["F32"])", "[]", "[0,4]"), 4, {"\"x\"", "dtype", "an array"}},
    // dtypes that are not stored: what the header says of them is checked all the same
    {entry(R"("I8")", "[3]", "[0,4]"), 4, {"\"x\"", "3 bytes for I8 (3)", "[0, 4)"}},
    {entry(R"("U64")", "[2]", "[0,8]"), 8, {"\"x\"", "16 bytes for U64 (2)"}},
    {entry(R"("C64")", "[1]", "[8,16]"), 16, {"\"x\"", "byte 0", "[8, 16)"}},
    {entry(R"("U16")", "[2]", "[0,4]"), 5, {"4 bytes", "found 5"}},
    {entry(R"("F4")", "[3]", "[0,2]"), 2, {"\"x\"", "whole bytes", "F4 (3)"}},
    {entry(R"("F4")", "[4]", "[0,4]"), 4, {"\"x\"", "2 bytes for F4 (4)"}},
    {entry(R"("F6_E2M3")", "[2]", "[0,2]"), 2, {"\"x\"", "whole bytes", "F6_E2M3 (2)"}},
    {entry(R"("F6_E3M2")", "[8]", "[0,8]"), 8, {"\"x\"", "6 bytes for F6_E3M2 (8)"}},
    {entry(R"("F4")", "[9223372036854775807]", "[0,4]"), 4, {"\"x\"", "whole bytes"}},
    {entry(R"("I16")", "[4611686018427387904]", "[0,0]"), 0, {"\"x\"", "2^63"}},
    {R"({"x":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}})",
     2,
     {"\"x\"", "twice"}},
    // shapes
    {entry(R"("F32")", "1", "[0,4]"), 4, {"\"x\"", "shape", "found 1"}},
    {entry(R"("F32")", "[-0]", "[0,0]"), 0, {"\"x\"", "shape", "-0"}},
    {entry(R"("F32")", "[-1]", "[0,4]"), 4, {"\"x\"", "shape", "-1"}},
    {entry(R"("F32")", "[1.5]", "[0,6]"), 6, {"\"x\"", "shape", "1.5"}},
    {entry(R"("F32")", "[1e0]", "[0,4]"), 4, {"\"x\"", "shape", "1e0"}},
    {entry(R"("F32")", "[[1]]", "[0,4]"), 4, {"\"x\"", "shape", "an array"}},
    {entry(R"("F32")", R"(["1"])", "[0,4]"), 4, {"\"x\"", "shape", "\"1\""}},
    {entry(R"("F32")", "[true]", "[0,4]"), 4, {"\"x\"", "shape", "true"}},
    {entry(R"("F32")", "[9223372036854775808]", "[0,4]"), 4, {"\"x\"", "shape", "9223372036854775808"}},
    {entry(R"("F32")", "[99999999999999999999]", "[0,4]"), 4, {"\"x\"", "shape", "99999999999999999999"}},
    {entry(R"("F32")", "[4611686018427387905]", "[0,4]"), 4, {"\"x\"", "2^63", "4611686018427387905"}},
    {entry(R"("F32")", "[4294967296,4294967296]", "[0,0]"), 0, {"\"x\"", "2^63", "4294967296"}},
    // places
    {entry(R"("F32")", "[]", "0"), 4, {"\"x\"", "data_offsets", "found 0"}},
    {entry(R"("F32")", "[]", "[]"), 4, {"\"x\"", "data_offsets", "0 numbers"}},
    {entry(R"("F32")", "[]", "[4]"), 4, {"\"x\"", "data_offsets", "1 numbers"}},
    {entry(R"("F32")", "[]", "[0,4,8]"), 4, {"\"x\"", "data_offsets", "3 numbers"}},
    {entry(R"("F32")", "[]", "[-4,0]"), 4, {"\"x\"", "data_offsets", "-4"}},
    {entry(R"("F32")", "[]", "[0,4.0]"), 4, {"\"x\"", "data_offsets", "4.0"}},
    {entry(R"("F32")", "[]", "[4,0]"), 4, {"\"x\"", "4 bytes for F32 ()", "[4, 0)"}},
    {entry(R"("F32")", "[2]", "[0,4]"), 4, {"\"x\"", "8 bytes for F32 (2)", "[0, 4)"}},
    {entry(R"("F32")", "[1]", "[0,8]"), 8, {"\"x\"", "4 bytes for F32 (1)", "[0, 8)"}},
    {entry(R"("F32")", "[0]", "[0,4]"), 4, {"\"x\"", "0 bytes for F32 (0)", "[0, 4)"}},
    {entry(R"("F32")", "[2]", "[0,8]"), 7, {"\"x\"", "[0, 8)", "7 bytes of data"}},
    {entry(R"("F32")", "[2]", "[0,8]"), 0, {"\"x\"", "[0, 8)", "0 bytes of data"}},
    {entry(R"("F32")", "[1]", "[4,8]"), 8, {"\"x\"", "byte 0", "[4, 8)"}},
    {entry(R"("U8")", "[4]", "[9223372036854775803,9223372036854775807]"), 4, {"\"x\"", "4 bytes of data"}},
    {entry(R"("U8")", "[0]", "[1,1]"), 0, {"\"x\"", "[1, 1)"}},
    {"{" + first + "," + second + "}", 13, {"12 bytes", "found 13"}},
    {"{" + second + "}", 12, {"\"second\"", "byte 0", "[4, 12)"}},
    {"{" + first + R"(,"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8, {"\"x\"", "byte 4", "[0, 8)"}},
    {"{" + second + R"(,"x":{"dtype":"U8","shape":[6],"data_offsets":[0,6]}})", 12, {"\"second\"", "byte 6"}},
    {"{" + first + R"(,"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, {"\"x\"", "byte 4"}},
    {"{" + first + R"(,"x":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})", 12, {"\"x\"", "byte 4", "[8, 12)"}},
    {"{}", 1, {"0 bytes", "found 1"}},
};

BOOST_AUTO_TEST_CASE(dtypes_that_are_not_stored_are_skipped) {
  const std::vector<std::pair<std::string, int>> dtypes{{"I8", 8},      {"I16", 16}, {"U16", 16},    {"U32", 32},
                                                        {"U64", 64},    {"C64", 64}, {"F8_E4M3", 8}, {"F8_E5M2", 8},
                                                        {"F8_E8M0", 8}, {"F4", 4},   {"F6_E2M3", 6}, {"F6_E3M2", 6}};
  for (const auto& [dtype, bits] : dtypes) {
    const std::string end = std::to_string(bits), after = std::to_string(bits + 4);  // 8 elements
    const Bytes file =
        file_of(R"({"before":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x.y":{"dtype":")" + dtype +
                    R"(","shape":[2,4],"data_offsets":[0,)" + end +
                    R"(]},"after":{"dtype":"U8","shape":[4],"data_offsets":[)" + end + "," + after + "]}}",
                static_cast<std::size_t>(bits) + 4);
    const StateDict dict = load_safetensors(file);
    BOOST_TEST(names(dict) == (std::vector<std::string>{"before", "after"}), boost::test_tools::per_element());
    BOOST_TEST((dict.get<Tensor<std::uint8_t, 4>>("after")(0) == bits + 1));
    BOOST_TEST(!dict.contains("x.y"));
    check_mentions(error_of([&] { dict["x.y"]; }), {"\"x.y\"", "dtype " + dtype + ",", "does not store"});
    check_mentions(error_of([&] { dict.get<Tensor<float, 2, 4>>("x.y"); }), {"\"x.y\"", "dtype " + dtype + ","});
    check_mentions(error_of([&] { dict.subset("x.")["y"]; }), {"\"y\"", "dtype " + dtype + ","});
  }
}

BOOST_AUTO_TEST_CASE(files_of_other_kinds) {
  const Directory directory;
  const auto bytes = [](std::string_view text) {
    const auto span = std::as_bytes(std::span(text));
    return Bytes(span.begin(), span.end());
  };
  const std::string zeros(100, '\0');
  const std::vector<std::pair<Bytes, std::vector<std::string_view>>> files{
      {bytes("PK\x03\x04" + zeros), {"zip", "torch.save", "safetensors.torch.save_file"}},
      {bytes("\x80\x02\x8a\x0al\xfc\x9c" + zeros), {"pickle", "safetensors.torch.save_file"}},
      {bytes("\x89PNG\r\n\x1a\n" + zeros), {"PNG"}},
      {bytes("\x89HDF\r\n\x1a\n" + zeros), {"HDF5"}},
      {bytes("GGUF\x03" + zeros), {"GGUF"}},
      {bytes("Dear reader, this is text.\n"), {"Dear read"}},
      {bytes(R"({"first": {"dtype": "F32"}})"), {"{\\\"first"}},
      {bytes(zeros), {"'{'"}},
      {bytes("\x02" + std::string(7, '\0') + "[]"), {"'{'"}},
      {bytes(std::string(8, '\xFF') + "{}"), {"100 MB"}},
      {bytes("PK"), {"at least 8 bytes", "found 2"}},
      {Bytes(), {"at least 8 bytes", "found 0"}}};
  for (const auto& [file, message] : files) {
    const fs::path path = directory.write(file);
    for (const std::string& error :
         {error_of([&] { load_safetensors(path); }), error_of([&] { load_safetensors(file); })}) {
      check_mentions(error, {": not a safetensors file: "});
      check_mentions(error, message);
    }
    check_mentions(error_of([&] { load_safetensors(path); }), {path.string() + ": not a safetensors file"});
  }
}

BOOST_AUTO_TEST_CASE(the_undamaged_file_loads) {
  BOOST_TEST(load_safetensors(file_of("{" + second + "," + first + "}", 12)).size() == 2U);
  BOOST_TEST(load_safetensors(file_of(entry(R"("F32")", "[]", "[0,4]"), 4)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(damaged_files) {
  const Directory directory;
  for (const Damage& damage : damages) {
    BOOST_TEST_CONTEXT(damage.header.substr(0, 100) << " and " << damage.data_size << " bytes") {
      const Bytes file = file_of(damage.header, damage.data_size);
      const std::string in_memory = error_of([&] { load_safetensors(file); });
      check_mentions(in_memory, damage.message);
      check_mentions(in_memory, {"memory: "});
      const fs::path path = directory.write(file);
      const std::string on_disk = error_of([&] { load_safetensors(path); });
      check_mentions(on_disk, damage.message);
      check_mentions(on_disk, {path.string() + ": "});
    }
  }
}

BOOST_AUTO_TEST_CASE(header_sizes) {
  const std::string header = "{" + first + "}";
  for (const std::uint64_t size : {header.size() + 5, std::size_t{100'000'000}})
    check_mentions(error_of([&] { load_safetensors(file_of(header, 4, size)); }),
                   {"wanted a header of " + std::to_string(size), "found " + std::to_string(header.size() + 4)});
  for (const std::uint64_t size :
       {std::uint64_t{100'000'001}, std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{6}})
    check_mentions(error_of([&] { load_safetensors(file_of(header, 4, size)); }),
                   {"at most 100 MB", "found one of " + std::to_string(size)});
  for (std::uint64_t size = 0; size < header.size() + 5; ++size)
    if (size != header.size()) BOOST_TEST(error_of([&] { load_safetensors(file_of(header, 4, size)); }) != "no error");
}

BOOST_AUTO_TEST_CASE(truncated_at_every_byte) {
  const Directory directory;
  save_safetensors(directory.path / "file", sample());
  const Bytes file = read(directory.path / "file");
  BOOST_TEST(equal(load_safetensors(file), sample()));
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Bytes truncated(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST(error_of([&] { load_safetensors(truncated); }) != "no error", "found no error in " << size << " bytes");
  }
  Bytes longer = file;
  longer.push_back(std::byte{0});
  check_mentions(error_of([&] { load_safetensors(longer); }), {"bytes of data"});
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const Directory directory;
  check_mentions(error_of([&] { load_safetensors(directory.path / "none"); }), {"none", "No such file"});
  check_mentions(error_of([&] { load_safetensors(directory.path); }), {directory.path.string()});
  check_mentions(error_of([&] { load_safetensors(directory.write({})); }), {"at least 8 bytes", "found 0"});
}

BOOST_AUTO_TEST_CASE(round_trip) {
  const Directory directory;
  const fs::path path = directory.path / "model.safetensors";
  for (const StateDict& dict : {sample(), StateDict{}}) {
    save_safetensors(path, dict);
    BOOST_TEST(equal(load_safetensors(path), dict));
    BOOST_TEST(equal(load_safetensors(read(path)), dict));
    BOOST_TEST(directory.files() == 1);
  }
}

BOOST_AUTO_TEST_CASE(saved_tensors_are_aligned) {
  const Directory directory;
  StateDict dict;
  dict.insert("odd", AnyTensor(DType::U8, {3}));
  dict.insert("wide", Tensor<double>(1.5));
  save_safetensors(directory.path / "file", dict);
  const Bytes file = read(directory.path / "file");
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, file.data(), 8);
  BOOST_TEST(header_size % 8 == 0U);
  BOOST_REQUIRE(file.size() == 8 + header_size + 11);
  double wide = 0;
  std::memcpy(&wide, file.data() + 8 + header_size, 8);
  BOOST_TEST(wide == 1.5);
  BOOST_TEST(names(load_safetensors(file)).front() == "odd");
}

BOOST_AUTO_TEST_CASE(a_failed_save_leaves_the_old_file) {
  const Directory directory;
  const fs::path path = directory.path / "file";
  save_safetensors(path, sample());
  const Bytes before = read(path);
  const auto unchanged = [&] { return read(path) == before && directory.files() == 1; };

  StateDict metadata, not_utf8;
  metadata.insert("__metadata__", AnyTensor(DType::U8, {1}));
  not_utf8.insert("caf\xE9", AnyTensor(DType::U8, {1}));
  check_mentions(error_of([&] { save_safetensors(path, metadata); }), {path.string(), "__metadata__"});
  BOOST_TEST(unchanged());
  check_mentions(error_of([&] { save_safetensors(path, not_utf8); }), {path.string(), "UTF-8", "caf"});
  BOOST_TEST(unchanged());

  StateDict large;
  large.insert("large", AnyTensor(DType::U8, {1 << 20}));
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit full{1 << 16, limit.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &full);
  const std::string error = error_of([&] { save_safetensors(path, large); });
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  check_mentions(error, {path.string(), "File too large"});
  BOOST_TEST(unchanged());
}

BOOST_AUTO_TEST_CASE(a_name_may_be_as_long_as_the_system_allows) {
  const Directory directory;
  const fs::path path = directory.path / std::string(255, 'n');
  StateDict dict;
  dict.insert("a", AnyTensor(DType::U8, {1}));
  save_safetensors(path, dict);
  BOOST_TEST(load_safetensors(path).contains("a"));
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_is_written_through) {
  const Directory directory;
  const fs::path real = directory.path / "real";
  fs::create_directory(real);
  fs::create_symlink("real", directory.path / "folder");
  fs::create_symlink("real/model", directory.path / "relative");
  fs::create_symlink(real / "model", directory.path / "absolute");
  fs::create_symlink("../absolute", real / "back");
  fs::create_symlink("folder/back", directory.path / "chain");
  const std::size_t before = 5;
  int number = 0;
  for (const char* name : {"relative", "absolute", "chain", "folder/model", "folder/back"}) {
    BOOST_TEST_CONTEXT(name) {
      if (number % 2 == 0) fs::remove(real / "model");  // the link dangles
      StateDict dict = sample();
      dict.insert("number", Tensor<float>(static_cast<float>(++number)));
      save_safetensors(directory.path / name, dict);
      BOOST_TEST(equal(load_safetensors(real / "model"), dict));
      BOOST_TEST(fs::is_regular_file(fs::symlink_status(real / "model")));
      for (const char* link : {"folder", "relative", "absolute", "chain", "real/back"})
        BOOST_TEST(fs::is_symlink(directory.path / link), link);
      BOOST_TEST(static_cast<std::size_t>(directory.files()) == before);  // nothing is left beside the link
      BOOST_TEST(std::distance(fs::directory_iterator(real), fs::directory_iterator()) == 2);
    }
  }

  fs::create_symlink("loop", directory.path / "loop");
  check_mentions(error_of([&] { save_safetensors(directory.path / "loop", sample()); }),
                 {(directory.path / "loop").string(), "loop of symbolic links"});
  fs::create_symlink("none/model", directory.path / "nowhere");
  check_mentions(error_of([&] { save_safetensors(directory.path / "nowhere", sample()); }),
                 {(directory.path / "nowhere").string(), "No such file or directory"});
  fs::create_symlink("real", directory.path / "to_folder");
  check_mentions(error_of([&] { save_safetensors(directory.path / "to_folder", sample()); }), {"regular file"});
  BOOST_TEST(static_cast<std::size_t>(directory.files()) == before + 3);
}

BOOST_AUTO_TEST_CASE(a_replaced_file_keeps_its_mode) {
  const Directory directory;
  const fs::path path = directory.path / "file", link = directory.path / "link";
  const auto mode = [&] { return static_cast<unsigned>(fs::status(path).permissions()); };
  const mode_t mask = ::umask(022);
  save_safetensors(path, sample());
  BOOST_TEST(mode() == 0644u);
  fs::create_symlink("file", link);
  for (const unsigned wanted : {0600u, 0640u, 0664u, 0444u, 0755u}) {
    fs::permissions(path, fs::perms{wanted});
    save_safetensors(path, sample());
    BOOST_TEST(mode() == wanted);
    save_safetensors(link, sample());
    BOOST_TEST(mode() == wanted);
  }
  fs::remove(path);
  ::umask(077);
  save_safetensors(link, sample());
  BOOST_TEST(mode() == 0600u);
  ::umask(mask);
}

BOOST_AUTO_TEST_CASE(places_that_cannot_be_written) {
  const Directory directory;
  const fs::path nowhere = directory.path / "none" / "file";
  check_mentions(error_of([&] { save_safetensors(nowhere, sample()); }),
                 {nowhere.string(), "No such file or directory"});
  check_mentions(error_of([&] { save_safetensors(directory.path, sample()); }),
                 {directory.path.string(), "regular file"});
  check_mentions(error_of([&] { save_safetensors("/dev/null", sample()); }), {"/dev/null", "regular file"});
  BOOST_TEST(directory.files() == 0);
}
