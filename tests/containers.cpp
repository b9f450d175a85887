// What stands between and around layers; one layer in several places.
#define BOOST_TEST_MODULE containers
#define BOOST_TEST_DYN_LINK
#include <boost/hana/length.hpp>

#include "chapter.hpp"
#include "forwards.hpp"

using namespace tenon_test;
using namespace tenon::literals;
using tenon::Shape;

namespace {

template <index_t In, index_t Out>
using Conv = nn::Conv2d<In, Out, nn::kernel_size<1>>;

BOOST_AUTO_TEST_CASE(residual) {
  check<nn::Residual<nn::Identity>, Tensor<float, 1>>();
  check<nn::Residual<nn::Linear<5, 17>, nn::Sequential<nn::Linear<5, 17>, nn::Tanh>>, Tensor<float, 2, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(concat) {
  check<nn::Concat<nn::Identity>, Tensor<float, 2, 3>>();
  check<nn::Concat<nn::Linear<5, 3>, nn::Linear<5, 1>, nn::Named<"same", nn::Identity>>, Tensor<float, 2, 5>>();
  // Blocks of whole vectors of channels stay blocked, for one image in place; others become plain.
  using Inception =
      nn::Concat<Conv<3, 32>, nn::Sequential<Conv<3, 4>, nn::Tanh, Conv<4, 16>>, nn::Named<"last", Conv<3, 5>>>;
  check<nn::Sequential<Inception, Conv<53, 2>>, Tensor<float, 1, 3, 4, 5>>();
  check<Inception, Tensor<float, 2, 3, 3, 2>>();
  check<nn::Concat<Conv<3, 7>, nn::Identity, Conv<3, 16>>, Tensor<float, 1, 3, 4, 5>>();
}

BOOST_AUTO_TEST_CASE(unflatten) {
  check<nn::Unflatten<nn::dim<1>, nn::unflattened_size<2, 5>>, Tensor<float, 3, 10>>();
  check<nn::Sequential<Conv<3, 12>, nn::Unflatten<nn::dim<-3>, nn::unflattened_size<3, -1>>>,
        Tensor<float, 2, 3, 4, 5>>();
  using Manual = nn::Unflatten<nn::dim<1>, nn::unflattened_size<2, 5, 5>>::operation;
  static_assert(std::is_same_v<decltype(Manual::output_shape(Shape<2, 50>{})), Shape<2, 2, 5, 5>>);
  using Rest = nn::Unflatten<nn::unflattened_size<-1, 5>, nn::dim<0>>::operation;
  static_assert(std::is_same_v<decltype(Rest::output_shape(Shape<20, 1>{})), Shape<4, 5, 1>>);
  static_assert(tenon::is_rejection<decltype(Rest::output_shape(Shape<21, 1>{}))>);
}

BOOST_AUTO_TEST_CASE(containers_are_printed_as_pytorch_prints_them) {
  const nn::Sequential<nn::Residual<nn::ReLU>, nn::Concat<nn::Identity, nn::Named<"b", nn::Shared<nn::Linear<5, 2>>>>,
                       nn::Unflatten<nn::dim<0>, nn::unflattened_size<2, -1>>>
      model;
  BOOST_TEST(nn::repr_module(model) == R"(Sequential(
  (0): Residual(
    (body): ReLU()
    (shortcut): Identity()
  )
  (1): Concat(
    (0): Identity()
    (b): Linear(in_features=5, out_features=2, bias=True)
  )
  (2): Unflatten(dim=0, unflattened_size=(2, -1))
))");
}

// ---- one layer in several places

using Tied = nn::Shared<nn::Linear<3, 3>>;
using Chain = nn::Sequential<Tied, nn::Named<"between", nn::Sequential<nn::Tanh, Tied>>, nn::Residual<Tied>>;

/// All three are one.
Chain tied_chain() {
  Tied tied;
  return Chain{tied, nn::Sequential<nn::Tanh, Tied>{nn::Tanh{}, tied}, nn::Residual<Tied>{tied}};
}
std::array<const void*, 3> instances(const Chain& chain) {
  return {&*chain[0_c], &*chain["between"_n][1_c], &*chain[2_c].body};
}
bool is_tied(const Chain& chain) {
  const auto all = instances(chain);
  return all[0] == all[1] && all[1] == all[2];
}

BOOST_AUTO_TEST_CASE(shared_layers_have_a_key_in_each_place_and_one_gradient) {
  check<forwards::Tied<>, Tensor<float, 2, 5>>();  // the differences are those of one weight
  Chain chain = tied_chain();
  BOOST_TEST(is_tied(chain));
  std::vector<std::string> keys;
  for (const auto& [key, tensor] : chain.state_dict()) keys.push_back(key);
  BOOST_TEST(keys == (std::vector<std::string>{"0.weight", "0.bias", "between.1.weight", "between.1.bias",
                                               "2.body.weight", "2.body.bias"}),
             boost::test_tools::per_element());
  std::size_t parameters = 0;
  nn::for_each_parameter(chain, [&](const std::string&, auto&) { ++parameters; });
  BOOST_TEST(parameters == 6u);
  BOOST_TEST(decltype(boost::hana::length(chain.named_parameters()))::value == 6u);
  BOOST_TEST(decltype(boost::hana::length(chain.modules()))::value == 8u);

  chain[2_c].eval();  // modes are the instance's
  BOOST_TEST(!chain[0_c].is_training());
  BOOST_TEST(!chain[0_c]->is_training());
  chain[0_c]->weight.data() = xt::eye<float>(3);
  BOOST_TEST((chain.state_dict().get<Tensor<float, 3, 3>>("2.body.weight"))(2, 2) == 1);
}

BOOST_AUTO_TEST_CASE(an_optimiser_moves_a_shared_layer_once) {
  for (const bool listed : {false, true}) {
    Chain chain = tied_chain();
    auto optimizer = listed ? tenon::optim::SGD{chain.parameters(), {.lr = 1}} : tenon::optim::SGD{chain, {.lr = 1}};
    chain[0_c]->bias.data().fill(5);
    chain[0_c]->bias.grad().fill(2);
    optimizer.step();
    BOOST_TEST(chain["between"_n][1_c]->bias.data()(1) == 3);
  }
}

BOOST_AUTO_TEST_CASE(copies_share_as_the_original_does) {
  const Chain chain = tied_chain();
  Chain copy = chain, assigned, moved = tied_chain();
  const auto before = instances(assigned);
  assigned = chain;
  const auto of_moved = instances(moved);
  const Chain target = std::move(moved);
  const auto converted = chain.to<double>().to<float>();
  for (const Chain* other : {&std::as_const(copy), &std::as_const(assigned), &converted, &target}) {
    BOOST_TEST(is_tied(*other));
    BOOST_TEST(instances(*other)[0] != instances(chain)[0]);
  }
  BOOST_TEST(instances(assigned)[0] == before[0]);  // what was there is written into
  BOOST_TEST((instances(target) == of_moved));
  const auto x = random_argument<Tensor<float, 2, 3>>(1);
  Chain original = chain;
  for (Chain other : {copy, assigned, converted}) compare("copy", other(x), numbers(original(x)), 0, 0);

  // Layers that are not shared in the original are not in the copy.
  const Chain apart;
  assigned = apart;
  copy = apart;
  for (const Chain& other : {assigned, copy, Chain(apart)}) {
    const auto all = instances(other);
    BOOST_TEST((all[0] != all[1] && all[1] != all[2] && all[0] != all[2]));
    BOOST_TEST((other[2_c].body->weight.data() == apart[2_c].body->weight.data()));
    BOOST_TEST((other[0_c]->weight.data() == apart[0_c]->weight.data()));
  }
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_shared_layer_itself_is_the_same_layer) {
  Tied tied;
  Tied other = tied, third;
  BOOST_TEST(&*other == &*tied);
  BOOST_TEST(&*third != &*tied);
  third = tied;
  BOOST_TEST(&*third == &*tied);
  nn::Linear<3, 3> layer;
  layer.bias.data().fill(4);
  BOOST_TEST(Tied { layer } -> bias.data()(0) == 4);
  // A user's module copies member by member; a conversion makes a model of its own.
  forwards::Tied<> user, copy = user;
  BOOST_TEST(&*copy.first == &*user.first);
  const auto own = user.to<float>();
  BOOST_TEST(&*own.first != &*user.first);
  BOOST_TEST(&*own.first == &*own.second);
}

}  // namespace
