// The verbs every module has.
#include <boost/hana/for_each.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <tenon/cpu/activation.hpp>
#include <tenon/cpu/conv.hpp>
#include <tenon/cpu/dropout.hpp>
#include <tenon/cpu/functional.hpp>
#include <tenon/cpu/linear.hpp>
#include <tenon/cpu/normalization.hpp>
#include <vector>

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;
using names = std::vector<std::string>;
using list = std::vector<double>;

template <class T = float>
struct Net : nn::Module<Net<T>> {
  using Features = nn::Sequential<nn::Named<"conv", nn::Conv2d<1, 2, nn::kernel_size<1>, nn::dtype<T>>>,
                                  nn::BatchNorm2d<2, nn::dtype<T>>, nn::Dropout<>>;
  using Fc = nn::Linear<6, 6, nn::dtype<T>>;
  using Shift = nn::Parameter<Tensor<T, 2, 6>>;
  BOOST_HANA_DEFINE_STRUCT(Net, (Features, features), (Fc, fc), (Shift, shift));

  auto forward(const auto& x) {
    const auto h = tenon::reshape<2, 6>(features(x));
    return nn::functional::relu(fc(h)) + h + shift;
  }
};
using Input = Tensor<float, 2, 1, 1, 3>;

const names parameter_names{
    "shift",  "features.conv.weight", "features.conv.bias", "features.1.weight", "features.1.bias", "fc.weight",
    "fc.bias"};

template <class Range>
list numbers(const Range& range) {
  return {range.begin(), range.end()};
}
template <class Named>
names names_of(const Named& named) {
  names found;
  boost::hana::for_each(named, [&](const auto& pair) { found.push_back(pair.first); });
  return found;
}
bool equal(const tenon::StateDict& a, const tenon::StateDict& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
    return left.first == right.first && left.second.extents() == right.second.extents() &&
           left.second.dtype() == right.second.dtype() && std::ranges::equal(left.second.bytes(), right.second.bytes());
  });
}
std::string error_of(auto&& action) {
  try {
    action();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// The convolution passes x on twice, the linear layer takes 4 from everything: relu(h - 4) + h + shift.
Net<> simple_net() {
  Net<> net;
  net.eval();
  net.features["conv"_n].weight.data().fill(1);
  net.features["conv"_n].bias.data().fill(0);
  net.features[1_c].running_var.data().fill(1 - 1e-5f);
  net.fc.weight.data() = xt::eye<float>(6);
  net.fc.bias.data().fill(-4);
  net.shift.data()(1, 5) = 100;
  return net;
}
const Input one_to_six = Input::from(list{1, 2, 3, 4, 5, 6});
const list simple_result{1, 2, 3, 1, 2, 3, 4, 6, 8, 4, 6, 108};

BOOST_AUTO_TEST_CASE(a_users_forward_computes_on_tensors_and_records_on_variables) {
  Net<> net = simple_net();
  const auto y = net(one_to_six);
  static_assert(std::is_same_v<std::remove_const_t<decltype(y)>, Tensor<float, 2, 6>>);
  BOOST_TEST(numbers(y) == simple_result, boost::test_tools::per_element());
  const Input half = one_to_six / 2;
  BOOST_TEST(numbers(net(2 * half)) == simple_result, boost::test_tools::per_element());  // an expression
  BOOST_TEST(numbers(net(half + half)) == simple_result, boost::test_tools::per_element());

  nn::Variable x{one_to_six, nn::requires_grad};
  const auto recorded = net(x);
  BOOST_TEST(numbers(recorded.data()) == simple_result, boost::test_tools::per_element());
  Tensor<float, 2, 6> ones;
  ones.fill(1);
  recorded.backward(ones);
  // Per channel 1 from h, and 1 more from relu where h > 4; two channels.
  BOOST_TEST(numbers(x.grad()) == (list{2, 2, 2, 2, 4, 4}), boost::test_tools::per_element());
  BOOST_TEST(numbers(net.fc.bias.grad()) == (list{0, 1, 1, 0, 1, 1}), boost::test_tools::per_element());
  BOOST_TEST(numbers(net.shift.grad()) == list(12, 1), boost::test_tools::per_element());
}

struct Echo : nn::Module<Echo> {
  BOOST_HANA_DEFINE_STRUCT(Echo);
  auto forward(const auto& x) { return x; }
};
BOOST_AUTO_TEST_CASE(a_forward_may_return_its_argument) {
  Tensor<float, 3> x, y;
  {
    Tensor<float, 3> lent;
    lent.fill(7);
    y = Echo{}(lent);
    BOOST_TEST(!y.is_view());
    lent.fill(0);
  }
  BOOST_TEST(numbers(y) == list(3, 7), boost::test_tools::per_element());
}

// Members without tensors may be named too: they are neither trained nor saved.
enum class Mode { plain, shifted };
struct Hidden;
struct Labelled : nn::Module<Labelled> {
  struct Settings {
    int rounds = 2;
  };
  using Pointer = std::shared_ptr<Hidden>;
  using Names = std::vector<std::string>;
  using Table = std::map<std::string, std::array<float, 2>>;
  using Callback = std::function<Tensor<float, 2>(const nn::Linear<2, 2>&)>;
  using Fc = nn::Linear<3, 2>;
  BOOST_HANA_DEFINE_STRUCT(Labelled, (int, steps), (Fc, fc), (double, rate), (bool, on), (std::string, title),
                           (Mode, mode), (Settings, settings), (Names, names_of_classes), (Table, table),
                           (const char*, text), (std::optional<int>, limit), (Pointer, hidden),
                           (Callback, callback), (nn::Buffer<Tensor<float, 2>>, shift), (tenon::Absent, nothing),
                           (void*, handle));
  auto forward(const auto& x) const { return fc(x); }
};
// More members than one module names: in groups, which are modules.
template <int Group>
struct Part : nn::Module<Part<Group>> {
  using Weight = nn::Parameter<Tensor<float, 1>>;
  BOOST_HANA_DEFINE_STRUCT(Part, (Weight, p0), (Weight, p1), (Weight, p2), (Weight, p3), (Weight, p4), (Weight, p5),
                           (Weight, p6), (Weight, p7), (Weight, p8), (Weight, p9), (Weight, p10), (Weight, p11),
                           (Weight, p12), (Weight, p13), (Weight, p14), (Weight, p15), (Weight, p16), (Weight, p17),
                           (Weight, p18), (Weight, p19), (Weight, p20), (Weight, p21), (Weight, p22), (Weight, p23),
                           (Weight, p24), (Weight, p25), (Weight, p26), (Weight, p27), (Weight, p28), (Weight, p29),
                           (Weight, p30), (Weight, p31), (Weight, p32), (Weight, p33), (Weight, p34), (Weight, p35),
                           (Weight, p36), (Weight, p37), (Weight, p38));
};
struct Whole : nn::Module<Whole> {
  BOOST_HANA_DEFINE_STRUCT(Whole, (Part<0>, encoder), (Part<1>, decoder));
  auto forward(const auto& x) const { return x * encoder.p38 / decoder.p0; }
};
BOOST_AUTO_TEST_CASE(members_may_be_plain_and_grouped) {
  Labelled model;
  names entries;
  for (const auto& [name, tensor] : model.state_dict()) entries.push_back(name);
  BOOST_TEST(entries == (names{"shift", "fc.weight", "fc.bias"}), boost::test_tools::per_element());
  BOOST_TEST(numbers(model(Tensor<float, 1, 3>())) == numbers(model.fc.bias.data()), boost::test_tools::per_element());

  Whole whole;
  const auto dict = whole.state_dict();
  BOOST_TEST(dict.size() == 78u);
  BOOST_TEST(dict.contains("decoder.p38"));
  whole.encoder.p38.data().fill(6);
  whole.decoder.p0.data().fill(4);
  const Tensor<float, 1> y = whole(Tensor<float, 1>::from({2}));
  BOOST_TEST(y.item() == 3);
}

// A const module, whose own forward and the containers in it are const too.
struct Reader : nn::Module<Reader> {
  using Chain = nn::Sequential<nn::Linear<3, 4>, nn::BatchNorm1d<4>, nn::Named<"act", nn::ReLU>, nn::Dropout<>>;
  using Skip = nn::Residual<Chain, nn::Linear<3, 4>>;
  using Wide = nn::Concat<nn::Linear<4, 2>, nn::Named<"tied", nn::Shared<nn::Linear<4, 3>>>, nn::Identity>;
  BOOST_HANA_DEFINE_STRUCT(Reader, (Skip, skip), (Wide, wide), (nn::Parameter<Tensor<float, 2, 9>>, shift));
  auto forward(const auto& x) const { return nn::functional::tanh(wide(skip(x))) + shift; }
};
BOOST_AUTO_TEST_CASE(a_const_module_gives_what_the_module_gives) {
  using Row = Tensor<float, 2, 3>;
  nn::Sequential<Reader, nn::Linear<9, 2>, nn::Sequential<>> model;
  const auto& same = model;
  const Row x = Row::from({1, -2, 3, -4, 5, -6});
  // In training mode it moves the running statistics as any module does.
  using Model = std::remove_cvref_t<decltype(model)>;
  const Model trained = model;
  Model other = model;
  const auto before = model.state_dict();
  tenon::manual_seed(3);
  const auto drawn = numbers(trained(x));
  tenon::manual_seed(3);
  BOOST_TEST(numbers(other(x)) == drawn, boost::test_tools::per_element());
  BOOST_TEST(equal(trained.state_dict(), other.state_dict()));
  BOOST_TEST(!equal(trained.state_dict(), before));
  // In evaluation mode it stays as it is.
  model.eval();
  const auto wanted = numbers(model(x));
  static_assert(std::is_same_v<decltype(same(x)), Tensor<float, 2, 2>>);
  BOOST_TEST(numbers(same(x)) == wanted, boost::test_tools::per_element());
  BOOST_TEST(numbers(same(x + 0.f)) == wanted, boost::test_tools::per_element());
  const auto gradients = [&](const auto& recorded) {
    model.zero_grad();
    recorded.backward(Tensor<float, 2, 2>::from({1, 2, 3, 4}));
    list all;
    nn::for_each_parameter(model, [&](const std::string&, auto& parameter) {
      for (const float element : parameter.grad()) all.push_back(element);
    });
    return all;
  };
  const nn::Variable u{x, nn::requires_grad}, v{x, nn::requires_grad};
  const auto y = same(u);
  BOOST_TEST(numbers(y.data()) == wanted, boost::test_tools::per_element());
  const auto of_const = gradients(y), of_other = gradients(model(v));
  BOOST_TEST(of_const == of_other, boost::test_tools::per_element());
  BOOST_TEST(numbers(u.grad()) == numbers(v.grad()), boost::test_tools::per_element());
  BOOST_TEST(equal(model.state_dict(), before));
}

BOOST_AUTO_TEST_CASE(modes_reach_every_module_below) {
  Net<> net;
  BOOST_TEST(net.is_training());
  BOOST_TEST(net.features[2_c].is_training());
  BOOST_TEST(&net.eval() == &net);
  boost::hana::for_each(net.modules(), [](const auto& module) { BOOST_TEST(!module.get().is_training()); });
  net.features.train();
  BOOST_TEST(!net.is_training());
  BOOST_TEST(net.features[1_c].is_training());
  BOOST_TEST(!net.fc.is_training());
  net.train(true).set_training(false);
  BOOST_TEST(!net.is_training());
  BOOST_TEST(net.fc.is_training());
}

BOOST_AUTO_TEST_CASE(parameters_and_modules_are_found_under_the_names_of_pytorch) {
  Net<> net;
  BOOST_TEST(names_of(net.named_parameters()) == parameter_names, boost::test_tools::per_element());
  names visited;
  nn::for_each_parameter(net, [&](std::string_view name, auto&) { visited.emplace_back(name); });
  BOOST_TEST(visited == parameter_names, boost::test_tools::per_element());
  BOOST_TEST(names_of(net.named_children()) == (names{"features", "fc"}), boost::test_tools::per_element());
  BOOST_TEST(
      names_of(net.named_modules()) == (names{"", "features", "features.conv", "features.1", "features.2", "fc"}),
      boost::test_tools::per_element());
  names entries;
  for (const auto& [name, tensor] : net.state_dict()) entries.push_back(name);
  BOOST_TEST(
      entries == (names{"shift", "features.conv.weight", "features.conv.bias", "features.1.weight", "features.1.bias",
                        "features.1.running_mean", "features.1.running_var", "fc.weight", "fc.bias"}),
      boost::test_tools::per_element());
  // References, not copies.
  const auto parameters = net.parameters();
  boost::hana::at_c<0>(parameters).get().data().fill(5);
  BOOST_TEST(net.shift.data()(0, 0) == 5);
  BOOST_TEST(&boost::hana::at_c<1>(net.children()).get() == &net.fc);
  BOOST_TEST(&boost::hana::at_c<0>(net.modules()).get() == &net);
}

BOOST_AUTO_TEST_CASE(a_state_dict_is_a_copy_that_loads_into_another_net) {
  Net<> net = simple_net(), other;
  const auto dict = net.state_dict();
  net.fc.bias.data().fill(9);
  BOOST_TEST((dict.get<Tensor<float, 6>>("fc.bias"))(0) == -4);
  other.load_state_dict(dict);
  BOOST_TEST(equal(other.state_dict(), dict));
  BOOST_TEST(numbers(other.eval()(one_to_six)) == simple_result, boost::test_tools::per_element());
  tenon::StateDict of_pytorch = dict;
  of_pytorch.insert("features.1.num_batches_tracked", Tensor<std::int64_t>(3));
  Net<> third;
  third.load_state_dict(of_pytorch);
  BOOST_TEST(equal(third.state_dict(), dict));
}

// `dict` with some entries replaced (or, by nothing, left out).
tenon::StateDict changed(const tenon::StateDict& dict, const std::string& name,
                         std::optional<tenon::AnyTensor> tensor) {
  tenon::StateDict result;
  for (const auto& entry : dict)
    if (entry.first != name)
      result.insert(entry.first, entry.second);
    else if (tensor)
      result.insert(name, *tensor);
  return result;
}

BOOST_AUTO_TEST_CASE(a_dict_that_does_not_fit_changes_nothing_and_all_its_faults_are_listed) {
  Net<> net;
  const auto before = net.state_dict();
  auto dict = simple_net().state_dict();
  dict.rename("features.conv.weight", "features.0.weight");
  dict.rename("fc.bias", "fc.b");
  dict = changed(dict, "features.1.running_var", std::nullopt);
  dict = changed(dict, "fc.weight", tenon::AnyTensor(Tensor<float, 36>()));
  dict = changed(dict, "shift", tenon::AnyTensor(Tensor<double, 2, 6>()));
  dict = changed(dict, "features.1.bias", tenon::AnyTensor(tenon::DType::F32, {0}));
  const std::string misshapen =
      "\n  misshapen: shift: wanted F32 (2, 6), found F64 (2, 6)"
      "\n  misshapen: features.1.bias: wanted F32 (2), found F32 (0)"
      "\n  misshapen: fc.weight: wanted F32 (6, 6), found F32 (36)";
  BOOST_TEST(error_of([&] { net.load_state_dict(dict, {.convert = false}); }) ==
             "load_state_dict: the entries do not match the module:"
             "\n  missing: features.conv.weight"
             "\n  missing: features.1.running_var"
             "\n  missing: fc.bias"
             "\n  unexpected: features.0.weight"
             "\n  unexpected: fc.b" +
                 misshapen);
  BOOST_TEST(equal(net.state_dict(), before));
  BOOST_TEST(error_of([&] { net.load_state_dict(dict, {.strict = false, .convert = false}); }) ==
             "load_state_dict: the entries do not match the module:" + misshapen);
  BOOST_TEST(equal(net.state_dict(), before));
  BOOST_CHECK_THROW(net.load_state_dict({}), tenon::Error);
  BOOST_CHECK_THROW(net.load_state_dict(changed(before, "fc.bias", std::nullopt)), tenon::Error);  // one missing alone
  auto more = before;
  more.insert("fc.scale", Tensor<float, 6>());
  BOOST_TEST(error_of([&] { net.load_state_dict(more); }).ends_with("module:\n  unexpected: fc.scale"));
}

// An entry of another floating dtype, its elements by their bits.
template <class Bits>
tenon::AnyTensor entry(tenon::DType dtype, std::vector<tenon::index_t> extents, const std::vector<Bits>& elements) {
  tenon::AnyTensor tensor(dtype, std::move(extents));
  BOOST_REQUIRE(tensor.bytes().size() == elements.size() * sizeof(Bits));
  std::memcpy(tensor.data(), elements.data(), tensor.bytes().size());
  return tensor;
}

BOOST_AUTO_TEST_CASE(floating_entries_are_converted) {
  using tenon::DType;
  Net<> net;
  auto dict = net.state_dict();
  // 1, -2, 0.5, 65504 (the largest F16), 2^-24 (the smallest), infinity
  dict =
      changed(dict, "fc.bias", entry<std::uint16_t>(DType::F16, {6}, {0x3c00, 0xc000, 0x3800, 0x7bff, 0x0001, 0x7c00}));
  dict = changed(dict, "features.1.bias", entry<std::uint16_t>(DType::BF16, {2}, {0x3f80, 0xc049}));  // 1, -3.140625
  // Rounded to 1 (halfway, to even), to the next float above it, and beyond the largest float to infinity.
  dict = changed(dict, "features.conv.bias", entry<double>(DType::F64, {2}, {1 + 0x1p-24, 1 + 0x1.8p-23 + 0x1p-40}));
  dict = changed(dict, "features.1.weight", entry<double>(DType::F64, {2}, {1e300, -1e-46}));
  const auto before = net.state_dict();
  BOOST_TEST(error_of([&] { net.load_state_dict(dict, {.convert = false}); }) ==
             "load_state_dict: the entries do not match the module:"
             "\n  misshapen: features.conv.bias: wanted F32 (2), found F64 (2)"
             "\n  misshapen: features.1.weight: wanted F32 (2), found F64 (2)"
             "\n  misshapen: features.1.bias: wanted F32 (2), found BF16 (2)"
             "\n  misshapen: fc.bias: wanted F32 (6), found F16 (6)");
  BOOST_TEST(equal(net.state_dict(), before));
  net.load_state_dict(dict);
  const double infinity = std::numeric_limits<double>::infinity();
  BOOST_TEST(numbers(net.fc.bias.data()) == (list{1, -2, 0.5, 65504, 0x1p-24, infinity}),
             boost::test_tools::per_element());
  BOOST_TEST(numbers(net.features[1_c].bias.data()) == (list{1, -3.140625}), boost::test_tools::per_element());
  BOOST_TEST(numbers(net.features["conv"_n].bias.data()) == (list{1, 1 + 0x1p-22}), boost::test_tools::per_element());
  BOOST_TEST(numbers(net.features[1_c].weight.data()) == (list{infinity, 0}), boost::test_tools::per_element());

  Net<double> wide;
  wide.load_state_dict(dict);
  BOOST_TEST(numbers(wide.fc.bias.data()) == (list{1, -2, 0.5, 65504, 0x1p-24, infinity}),
             boost::test_tools::per_element());
  BOOST_TEST(wide.features["conv"_n].bias.data()(0) == 1 + 0x1p-24);
  BOOST_TEST(numbers(wide.fc.weight.data()) == numbers(net.fc.weight.data()), boost::test_tools::per_element());  // F32

  // Another shape is never right, nor are integers, whatever `convert` says.
  const std::string error = error_of([&] {
    net.load_state_dict(changed(changed(dict, "fc.bias", tenon::AnyTensor(DType::F16, {2, 3})), "shift",
                                tenon::AnyTensor(DType::I32, {2, 6})));
  });
  BOOST_TEST(
      error.ends_with("module:\n  misshapen: shift: wanted F32 (2, 6), found I32 (2, 6)"
                      "\n  misshapen: fc.bias: wanted F32 (6), found F16 (2, 3)"));
}

struct Counter : nn::Module<Counter> {
  using Count = nn::Buffer<Tensor<std::int64_t, 2>>;
  BOOST_HANA_DEFINE_STRUCT(Counter, (Count, count));
};
BOOST_AUTO_TEST_CASE(integers_are_never_converted) {
  using tenon::DType;
  Counter counter;
  for (const DType dtype : {DType::F16, DType::BF16, DType::F32, DType::F64, DType::I32, DType::U8, DType::BOOL}) {
    tenon::StateDict dict;
    dict.insert("count", tenon::AnyTensor(dtype, {2}));
    BOOST_TEST(error_of([&] { counter.load_state_dict(dict); }).find("wanted I64 (2), found") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_skipped_entry_is_named_where_it_is_needed) {
  Net<> net;
  const auto before = net.state_dict();
  auto dict = changed(before, "fc.bias", std::nullopt);
  dict.skip({"fc.bias", "I8", {6}});
  const std::string needed =
      "load_state_dict: the entries do not match the module:"
      "\n  misshapen: fc.bias: wanted F32 (6), found I8 (6), which tenon does not store";
  BOOST_TEST(error_of([&] { net.load_state_dict(dict); }) == needed);
  BOOST_TEST(error_of([&] { net.load_state_dict(dict, {.strict = false}); }) == needed);
  BOOST_TEST(equal(net.state_dict(), before));
  dict.insert("fc.bias", before["fc.bias"]);  // now there is one
  dict.skip({"fc.scale", "F8_E4M3", {}});
  BOOST_TEST(error_of([&] { net.load_state_dict(dict); }).ends_with("module:\n  unexpected: fc.scale"));
  net.load_state_dict(dict, {.strict = false});
}

BOOST_AUTO_TEST_CASE(without_strict_what_fits_by_name_is_loaded) {
  Net<> net;
  const auto before = net.state_dict(), source = simple_net().state_dict();
  auto dict = source;
  dict.rename("fc.bias", "fc.b");
  net.load_state_dict(dict, {.strict = false});
  BOOST_TEST(equal(net.state_dict(), changed(source, "fc.bias", before["fc.bias"])));
}

BOOST_AUTO_TEST_CASE(a_converted_module_has_the_same_values_modes_and_flags) {
  Net<> net = simple_net();
  net.fc.train();
  net.fc.bias.requires_grad(false);
  net.shift.data()(0, 0) = 0.1f;
  auto wide = net.to<double>();
  static_assert(std::is_same_v<decltype(wide), Net<double>>);
  static_assert(std::is_same_v<decltype(wide.fc.weight.data()), Tensor<double, 6, 6>&>);
  BOOST_TEST(wide.shift.data()(0, 0) == static_cast<double>(0.1f));
  BOOST_TEST(!wide.fc.bias.requires_grad());
  BOOST_TEST(wide.fc.weight.requires_grad());
  BOOST_TEST(!wide.is_training());
  BOOST_TEST(wide.fc.is_training());
  BOOST_TEST(equal(wide.to<float>().state_dict(), net.state_dict()));
  net.shift.data()(0, 0) = 0;
  wide.shift.data()(0, 0) = 0;
  const auto y = wide(Tensor<double, 2, 1, 1, 3>(one_to_six));
  BOOST_TEST(numbers(y) == numbers(net(one_to_six)), boost::test_tools::tolerance(1e-6)
                                                         << boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_copy_has_parameters_of_its_own) {
  Net<> net = simple_net();
  net.fc.bias.grad().fill(3);
  net.fc.weight.requires_grad(false);
  Net<> copy = net, assigned;
  assigned = net;
  for (Net<>* other : {&copy, &assigned}) {
    BOOST_TEST(equal(other->state_dict(), net.state_dict()));
    BOOST_TEST(!other->is_training());
    BOOST_TEST(!other->fc.weight.requires_grad());
    BOOST_TEST(other->fc.bias.grad()(0) == 3);
    other->fc.bias.data().fill(1);
    other->fc.bias.zero_grad();
    other->features[1_c].running_mean.data().fill(8);
  }
  BOOST_TEST(equal(net.state_dict(), simple_net().state_dict()));
  BOOST_TEST(net.fc.bias.grad()(0) == 3);
}

BOOST_AUTO_TEST_CASE(gradients_reach_a_module_that_was_moved) {
  nn::Linear<2, 1> layer;
  const float* address = layer.weight.data().data();
  const auto y = layer(nn::Variable{Tensor<float, 1, 2>::from(list{5, 6})});
  auto moved = std::move(layer);
  y.backward(Tensor<float, 1, 1>::from(list{2}));
  BOOST_TEST(moved.weight.data().data() == address);
  BOOST_TEST(numbers(moved.weight.grad()) == (list{10, 12}), boost::test_tools::per_element());
  layer = moved;  // what was moved from may be assigned to
  BOOST_TEST(numbers(layer.weight.grad()) == (list{10, 12}), boost::test_tools::per_element());
  BOOST_TEST(layer.weight.data().data() != address);
}

BOOST_AUTO_TEST_CASE(spellings_of_one_layer_are_one_operation) {
  using nn::kernel_size, nn::stride, nn::padding, nn::dilation, nn::groups, nn::bias;
  using operation = nn::Conv2d<2, 4, kernel_size<3>>::operation;
  static_assert(std::is_same_v<operation, nn::Conv2d<2, 4, stride<1, 1>, kernel_size<3, 3>>::operation>);
  static_assert(std::is_same_v<operation, nn::Conv2d<2, 4, groups<1>, bias<true>, dilation<1>, padding<0, 0>,
                                                     kernel_size<3>, stride<1>>::operation>);
  static_assert(std::is_same_v<operation, nn::Conv2d<2, 4, kernel_size<3L>, nn::dtype<double>>::operation>);
  static_assert(!std::is_same_v<operation, nn::Conv2d<2, 4, kernel_size<3>, stride<2>>::operation>);
  static_assert(std::is_same_v<nn::Dropout<nn::p<1>>::operation, nn::Dropout<nn::p<1.0>>::operation>);
  static_assert(std::is_same_v<nn::Dropout<>::operation, nn::Dropout<nn::p<0.5>>::operation>);
  static_assert(
      std::is_same_v<nn::BatchNorm2d<3>::operation, nn::BatchNorm2d<3, nn::momentum<0.1>, nn::eps<1e-5>>::operation>);
  static_assert(
      std::is_same_v<nn::BatchNorm2d<3, nn::momentum<1>>::operation, nn::BatchNorm2d<3, nn::momentum<1.0>>::operation>);
  BOOST_TEST(true);
}

}  // namespace
