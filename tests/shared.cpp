// One layer in several places: its keys, its gradient, its copies.
#include <boost/hana/length.hpp>

#include "chapter.hpp"
#include "forwards.hpp"

using namespace tenon_test;
using namespace tenon::literals;

namespace {

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
