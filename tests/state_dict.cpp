// Run-time typed tensors and state dicts.
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <tenon/core/any_tensor.hpp>
#include <tenon/core/tensor.hpp>
#include <tenon/io/state_dict.hpp>
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
  check_error(error_of([&] { any.get<Tensor<float, 3, 2>>("fc.weight"); }),
              {"fc.weight", "wanted F32 (3, 2)", "found F32 (2, 3)"});
  check_error(error_of([&] { any.get<Tensor<double, 2, 3>>(); }), {"wanted F64 (2, 3)", "found F32 (2, 3)"});
  check_error(error_of([&] { any.get<Tensor<float, 2>>(); }), {"wanted F32 (2)", "found F32 (2, 3)"});
  check_error(error_of([&] { any.get<Tensor<float>>(); }), {"wanted F32 ()", "found F32 (2, 3)"});
  check_error(error_of([&] { AnyTensor(DType::F32, {0, 3}).get<Tensor<float, 1, 3>>(); }), {"found F32 (0, 3)"});
}

BOOST_AUTO_TEST_CASE(a_byte_that_is_no_bool_reads_as_true) {
  AnyTensor any(DType::BOOL, {3});
  any.data()[0] = std::byte{1};
  any.data()[2] = std::byte{0x82};
  const auto flags = any.get<Tensor<bool, 3>>();
  BOOST_TEST((flags(0) && !flags(1) && flags(2)));
}

BOOST_AUTO_TEST_CASE(impossible_extents) {
  constexpr tenon::index_t huge = tenon::index_t{1} << 40;
  check_error(error_of([] { AnyTensor(DType::F32, {2, -3}); }), {"F32 (2, -3)"});
  check_error(error_of([] { AnyTensor(DType::F64, {huge, huge}); }), {"1099511627776"});
  check_error(error_of([] { AnyTensor(DType::F64, {huge, huge, 0}); }), {"1099511627776"});
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
  check_error(error_of([&] { dict.get<Tensor<float, 3>>("fc.bias"); }), {"fc.bias", "wanted F32 (3)", "found I64 (3)"});
  check_error(error_of([&] { dict.get<Tensor<float, 3>>("fc"); }), {"\"fc\""});
}

BOOST_AUTO_TEST_CASE(a_name_is_taken_once) {
  StateDict dict = three();
  check_error(error_of([&] { dict.insert("fc.bias", AnyTensor(DType::U8, {1})); }), {"fc.bias"});
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
  check_error(error_of([&] { dict.merge(other); }), {"fc.bias"});
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
  check_error(error_of([&] { dict.rename("a", "fc.bias"); }), {"\"a\"", "\"fc.bias\""});
  check_error(error_of([&] { dict.rename("b", "c"); }), {"\"b\""});
  BOOST_TEST(equal(dict, before));
  dict.rename(dict.begin()->first, "z");  // a name that the call itself changes
  BOOST_TEST((dict.contains("z") && !dict.contains("fc.weight")));
}

BOOST_AUTO_TEST_SUITE_END()
