// Run-time typed tensors and state dicts.
#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <tenon/core/any_tensor.hpp>
#include <tenon/core/state_dict.hpp>
#include <tenon/core/tensor.hpp>
#include <vector>

#include "io.hpp"

namespace {

using namespace tenon_test;
using tenon::AnyTensor, tenon::DType, tenon::StateDict, tenon::Tensor;

Tensor<float, 2, 3> counting() { return Tensor<float, 2, 3>::from(std::vector<float>{1, 2, 3, 4, 5, 6}); }

}  // namespace

static_assert(tenon::dtype_of<float> == DType::F32 && tenon::dtype_of<double> == DType::F64);
static_assert(tenon::dtype_of<std::int32_t> == DType::I32 && tenon::dtype_of<std::int64_t> == DType::I64);
static_assert(tenon::dtype_of<std::uint8_t> == DType::U8 && tenon::dtype_of<bool> == DType::BOOL);
static_assert(tenon::dtype_size(DType::BF16) == 2 && tenon::dtype_size(DType::BOOL) == 1);
static_assert(tenon::dtype_named("BF16") == DType::BF16 && !tenon::dtype_named("F8_E4M3") && !tenon::dtype_named(""));

BOOST_AUTO_TEST_SUITE(any_tensor)

BOOST_AUTO_TEST_CASE(tensor_there_and_back) {
  const AnyTensor any = counting();
  BOOST_TEST((any.dtype() == DType::F32 && any.extents() == std::vector<tenon::index_t>{2, 3}));
  BOOST_TEST(any.size() == 6);
  BOOST_TEST(any.bytes().size() == 24U);
  BOOST_TEST(std::bit_cast<std::uintptr_t>(any.data()) % 64 == 0U);
  const auto back = any.get<Tensor<float, 2, 3>>();
  BOOST_TEST(std::vector<float>(back.begin(), back.end()) == (std::vector<float>{1, 2, 3, 4, 5, 6}),
             boost::test_tools::per_element());
  BOOST_TEST(AnyTensor(Tensor<double>(0.1)).get<Tensor<double>>().item() == 0.1);
}

BOOST_AUTO_TEST_CASE(copies_are_independent) {
  AnyTensor any = counting();
  const AnyTensor copy = any;
  any.data()[3] = std::byte{0x40};
  BOOST_TEST((copy.get<Tensor<float, 2, 3>>()(0, 0) == 1.F));
  BOOST_TEST((any.get<Tensor<float, 2, 3>>()(0, 0) != 1.F));
}

BOOST_AUTO_TEST_CASE(get_names_what_was_wanted_and_found) {
  const AnyTensor any = counting();
  BOOST_TEST((any.holds<Tensor<float, 2, 3>>()));
  check_mentions(error_of([&] { any.get<Tensor<float, 3, 2>>("fc.weight"); }),
                 {"fc.weight", "wanted F32 (3, 2)", "found F32 (2, 3)"});
  check_mentions(error_of([&] { any.get<Tensor<double, 2, 3>>(); }), {"wanted F64 (2, 3)", "found F32 (2, 3)"});
  check_mentions(error_of([&] { any.get<Tensor<float, 2>>(); }), {"wanted F32 (2)", "found F32 (2, 3)"});
  check_mentions(error_of([&] { any.get<Tensor<float>>(); }), {"wanted F32 ()", "found F32 (2, 3)"});
  check_mentions(error_of([&] { AnyTensor(DType::F32, {0, 3}).get<Tensor<float, 1, 3>>(); }), {"found F32 (0, 3)"});
}

BOOST_AUTO_TEST_CASE(a_byte_that_is_no_bool_reads_as_true) {
  AnyTensor any(DType::BOOL, {3});
  any.data()[0] = std::byte{1};
  any.data()[2] = std::byte{0x82};
  const auto flags = any.get<Tensor<bool, 3>>();
  BOOST_TEST((flags(0) && !flags(1) && flags(2)));
}

// Every value of a 16-bit format by the definition of the format.
double value_of(std::uint16_t bits, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits & 0x7fff) >> fraction_bits, fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 2 * bias + 1) return sign * (fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan(""));
  const double significand = std::ldexp(fraction, -fraction_bits) + (exponent == 0 ? 0 : 1);
  return sign * std::ldexp(significand, std::max(exponent, 1) - bias);
}

BOOST_AUTO_TEST_CASE(every_16_bit_number_converts_exactly) {
  for (const DType dtype : {DType::F16, DType::BF16}) {
    AnyTensor all(dtype, {65536});
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
      const auto element = static_cast<std::uint16_t>(bits);
      std::memcpy(all.data() + 2 * bits, &element, 2);
    }
    const auto floats = all.to(DType::F32).get<Tensor<float, 65536>>();
    const auto doubles = all.to(DType::F64).get<Tensor<double, 65536>>();
    const AnyTensor back = all.to(DType::F32).to(dtype), back_from_double = all.to(DType::F64).to(dtype);
    int wrong = 0;
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
      const double value = value_of(static_cast<std::uint16_t>(bits), dtype == DType::F16 ? 5 : 8);
      std::uint16_t again = 0, again_from_double = 0;
      std::memcpy(&again, back.data() + 2 * bits, 2);
      std::memcpy(&again_from_double, back_from_double.data() + 2 * bits, 2);
      if (std::isnan(value))
        wrong += !std::isnan(floats(bits)) || !std::isnan(doubles(bits)) ||
                 !std::isnan(value_of(again, dtype == DType::F16 ? 5 : 8));
      else
        wrong += std::signbit(floats(bits)) != std::signbit(value) || floats(bits) != value || doubles(bits) != value ||
                 again != bits || again_from_double != bits;
    }
    BOOST_TEST(wrong == 0);
  }
}

// Between two neighbours of a 16-bit format lie floats: the nearer one is right, and halfway the even one.
BOOST_AUTO_TEST_CASE(floats_round_to_the_nearest_16_bit_number) {
  for (const DType dtype : {DType::F16, DType::BF16}) {
    const int exponent_bits = dtype == DType::F16 ? 5 : 8;
    const std::uint16_t infinity = dtype == DType::F16 ? 0x7c00 : 0x7f80;
    const auto rounded = [dtype](double value) {
      const AnyTensor result = AnyTensor(Tensor<float>(static_cast<float>(value))).to(dtype);
      std::uint16_t bits = 0;
      std::memcpy(&bits, result.data(), 2);
      return bits;
    };
    int wrong = 0;
    for (std::uint16_t low = 0; low < infinity; low = static_cast<std::uint16_t>(low + 1)) {
      const auto high = static_cast<std::uint16_t>(low + 1), even = static_cast<std::uint16_t>(high & ~1);
      // Above the largest, infinity stands where the next number would.
      const double a = value_of(low, exponent_bits);
      const double b = high == infinity ? a + (a - value_of(static_cast<std::uint16_t>(low - 1), exponent_bits))
                                        : value_of(high, exponent_bits);
      const auto half = static_cast<float>((a + b) / 2);
      wrong += rounded(half) != even || rounded(-half) != (even | 0x8000);
      wrong += rounded(std::nextafter(half, 0.0F)) != low || rounded(-std::nextafter(half, 0.0F)) != (low | 0x8000);
      const float above = std::nextafter(half, std::numeric_limits<float>::infinity());
      wrong += rounded(above) != high || rounded(-above) != (high | 0x8000);
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(rounded(std::numeric_limits<double>::infinity()) == infinity);
    BOOST_TEST(rounded(std::numeric_limits<float>::max()) == infinity);
    BOOST_TEST(rounded(std::numeric_limits<float>::denorm_min()) == 0);
    BOOST_TEST(std::isnan(value_of(rounded(std::nan("")), exponent_bits)));
  }
}

BOOST_AUTO_TEST_CASE(only_floating_elements_convert) {
  BOOST_TEST((AnyTensor(Tensor<double>(1e300)).to(DType::F32).get<Tensor<float>>().item() ==
              std::numeric_limits<float>::infinity()));
  BOOST_TEST((AnyTensor(Tensor<double>(1 + 0x1p-24)).to(DType::F32).get<Tensor<float>>().item() == 1));
  BOOST_TEST((AnyTensor(Tensor<std::int64_t>(7)).to(DType::I64).get<Tensor<std::int64_t>>().item() == 7));
  check_mentions(error_of([] { AnyTensor(DType::I64, {2}).to(DType::F32); }), {"F32", "found I64 (2)"});
  check_mentions(error_of([] { AnyTensor(DType::F32, {2}).to(DType::BOOL); }), {"BOOL", "found F32 (2)"});
}

BOOST_AUTO_TEST_CASE(impossible_extents) {
  constexpr tenon::index_t huge = tenon::index_t{1} << 40;
  check_mentions(error_of([] { AnyTensor(DType::F32, {2, -3}); }), {"F32 (2, -3)"});
  check_mentions(error_of([] { AnyTensor(DType::F64, {huge, huge}); }), {"1099511627776"});
  check_mentions(error_of([] { AnyTensor(DType::F64, {huge, huge, 0}); }), {"1099511627776"});
  BOOST_TEST(!tenon::element_count(DType::F64, std::vector<tenon::index_t>{tenon::index_t{1} << 60}));
  BOOST_TEST(*tenon::element_count(DType::U8, std::vector<tenon::index_t>{tenon::index_t{1} << 60}) == 1LL << 60);
  BOOST_TEST(AnyTensor(DType::F64, {huge, 0}).size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(state_dict)

StateDict three() {
  StateDict dict;
  dict.insert("fc.weight", counting());
  dict.insert("conv.weight", Tensor<double, 2>());
  dict.insert("fc.bias", Tensor<std::int64_t, 3>());
  return dict;
}

BOOST_AUTO_TEST_CASE(keeps_the_order_of_insertion) {
  const StateDict dict = three();
  BOOST_TEST(names(dict) == (std::vector<std::string>{"fc.weight", "conv.weight", "fc.bias"}),
             boost::test_tools::per_element());
  BOOST_TEST(dict.size() == 3U);
  BOOST_TEST((dict.contains("fc.bias") && !dict.contains("fc") && !dict.contains("")));
  BOOST_TEST((dict.get<Tensor<float, 2, 3>>("fc.weight")(1, 2) == 6.F));
  BOOST_TEST((dict["conv.weight"].dtype() == DType::F64));
}

BOOST_AUTO_TEST_CASE(get_names_the_entry) {
  const StateDict dict = three();
  check_mentions(error_of([&] { dict.get<Tensor<float, 3>>("fc.bias"); }),
                 {"fc.bias", "wanted F32 (3)", "found I64 (3)"});
  check_mentions(error_of([&] { dict.get<Tensor<float, 3>>("fc"); }), {"\"fc\""});
}

BOOST_AUTO_TEST_CASE(a_name_is_taken_once) {
  StateDict dict = three();
  check_mentions(error_of([&] { dict.insert("fc.bias", AnyTensor(DType::U8, {1})); }), {"fc.bias"});
  BOOST_TEST(equal(dict, three()));
}

BOOST_AUTO_TEST_CASE(subset_strips_the_prefix) {
  const StateDict dict = three(), fc = dict.subset("fc.");
  BOOST_TEST(names(fc) == (std::vector<std::string>{"weight", "bias"}), boost::test_tools::per_element());
  BOOST_TEST((fc.get<Tensor<float, 2, 3>>("weight")(0, 1) == 2.F));
  BOOST_TEST(dict.subset("c.").empty());
  BOOST_TEST(equal(dict.subset(""), dict));
}

BOOST_AUTO_TEST_CASE(merge_appends_all_or_nothing) {
  StateDict dict = three(), other;
  other.insert("new", counting());
  other.insert("fc.bias", counting());
  check_mentions(error_of([&] { dict.merge(other); }), {"fc.bias"});
  BOOST_TEST(equal(dict, three()));

  other.rename("fc.bias", "newer");
  dict.merge(other);
  BOOST_TEST(names(dict) == (std::vector<std::string>{"fc.weight", "conv.weight", "fc.bias", "new", "newer"}),
             boost::test_tools::per_element());
  for (const auto& [name, tensor] : dict) BOOST_TEST(&dict[name] == &tensor);
  BOOST_TEST(other.size() == 2U);
}

BOOST_AUTO_TEST_CASE(rename_keeps_the_place) {
  StateDict dict = three();
  dict.rename("conv.weight", "a");
  BOOST_TEST(names(dict) == (std::vector<std::string>{"fc.weight", "a", "fc.bias"}), boost::test_tools::per_element());
  BOOST_TEST((dict["a"].dtype() == DType::F64 && !dict.contains("conv.weight")));
  dict.rename("a", "a");
  const StateDict before = dict;
  check_mentions(error_of([&] { dict.rename("a", "fc.bias"); }), {"\"a\"", "\"fc.bias\""});
  check_mentions(error_of([&] { dict.rename("b", "c"); }), {"\"b\""});
  BOOST_TEST(equal(dict, before));
  dict.rename(dict.begin()->first, "z");  // a name that the call itself changes
  BOOST_TEST((dict.contains("z") && !dict.contains("fc.weight")));
}

BOOST_AUTO_TEST_CASE(skipped_entries_are_no_entries_but_known) {
  StateDict dict = three();
  dict.skip({"fc.scale", "I8", {4}});
  dict.skip({"quantized", "F8_E4M3", {}});
  BOOST_TEST((!dict.contains("fc.scale") && dict.size() == 3U && dict.skipped().size() == 2U));
  check_mentions(error_of([&] { dict["fc.scale"]; }), {"\"fc.scale\"", "dtype I8", "does not store"});
  check_mentions(error_of([&] { dict.get<Tensor<float, 4>>("quantized"); }), {"\"quantized\"", "dtype F8_E4M3"});
  check_mentions(error_of([&] { dict.skip({"fc.scale", "I8", {}}); }), {"fc.scale", "taken"});
  check_mentions(error_of([&] { dict.skip({"fc.bias", "I8", {}}); }), {"fc.bias", "taken"});

  const StateDict fc = dict.subset("fc.");
  BOOST_TEST((fc.skipped().size() == 1U && fc.skipped("scale") && fc.skipped("scale")->dtype == "I8"));

  dict.rename("quantized", "q");
  BOOST_TEST((dict.skipped("q") && !dict.skipped("quantized")));
  check_mentions(error_of([&] { dict.rename("q", "fc.bias"); }), {"fc.bias", "taken"});
  check_mentions(error_of([&] { dict.rename("q", "fc.scale"); }), {"fc.scale", "taken"});
  dict.rename("q", "q");

  StateDict other;
  other.insert("q", counting());
  other.skip({"fc.weight", "I8", {}});
  other.skip({"more", "U16", {}});
  dict.merge(other);
  BOOST_TEST((dict.contains("q") && !dict.skipped("q") && !dict.skipped("fc.weight") && dict.skipped("more")));

  dict.insert("fc.scale", counting());
  BOOST_TEST((dict.contains("fc.scale") && !dict.skipped("fc.scale")));
  dict.rename("fc.scale", "more");
  BOOST_TEST((dict.contains("more") && dict.skipped().empty()));
}

BOOST_AUTO_TEST_CASE(prefixed_is_the_way_back_from_subset) {
  StateDict dict = three();
  dict.skip({"quantized", "I8", {4}});
  const StateDict prefixed = dict.prefixed("model.");
  BOOST_TEST((prefixed.contains("model.fc.bias") && prefixed.skipped("model.quantized")));
  BOOST_TEST(equal(prefixed.subset("model."), dict));
  BOOST_TEST(!equal(prefixed, dict));
}

BOOST_AUTO_TEST_CASE(metadata_stays_with_the_whole) {
  StateDict dict = three(), other;
  dict.metadata()["model"] = "small";
  other.metadata()["model"] = "large";
  other.metadata()["rate"] = "48000";
  BOOST_TEST((dict.subset("fc.").metadata().empty() && dict.prefixed("x.").metadata().empty()));
  dict.merge(other);
  BOOST_TEST((dict.metadata().size() == 2U && dict.metadata().at("model") == "small"));
  BOOST_TEST(dict.metadata().at("rate") == "48000");
}

BOOST_AUTO_TEST_SUITE_END()
