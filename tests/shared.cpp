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
  BOOST_TEST(decltype(boost::hana::length(chain.named_parameters()))::value == 6u);
  BOOST_TEST(decltype(boost::hana::length(chain.modules()))::value == 8u);

  chain[2_c].eval();  // modes are the instance's
  BOOST_TEST(!chain[0_c].is_training());
  BOOST_TEST(!chain[0_c]->is_training());
  chain[0_c]->weight.data() = xt::eye<float>(3);
  BOOST_TEST((chain.state_dict().get<Tensor<float, 3, 3>>("2.body.weight"))(2, 2) == 1);
}

BOOST_AUTO_TEST_CASE(loops_visit_a_shared_layer_once) {
  using names = std::vector<std::string>;
  Chain chain = tied_chain(), apart;
  const auto parameters_of = [](auto& model) {
    names found;
    nn::for_each_parameter(model, [&](const std::string& name, auto&) { found.push_back(name); });
    return found;
  };
  const names each{"0.weight", "0.bias", "between.1.weight", "between.1.bias", "2.body.weight", "2.body.bias"};
  BOOST_TEST(parameters_of(chain) == (names{"0.weight", "0.bias"}), boost::test_tools::per_element());
  BOOST_TEST(parameters_of(apart) == each, boost::test_tools::per_element());

  // torch: [n for n, _ in chain.named_modules()], whose residual block has a body and an Identity as its shortcut
  names modules;
  std::size_t linear = 0;
  nn::for_each_module(chain, [&]<class M>(const std::string& name, M& module) {
    modules.push_back(name);
    if constexpr (std::is_same_v<M, nn::Linear<3, 3>>) {
      ++linear;
      BOOST_TEST(&module == &*chain[2_c].body);
    }
  });
  BOOST_TEST(modules == (names{"", "0", "between", "between.0", "2", "2.shortcut"}), boost::test_tools::per_element());
  BOOST_TEST(linear == 1u);
  std::size_t count = 0;
  nn::for_each_module(std::as_const(apart), [&](const std::string&, const auto&) { ++count; });
  BOOST_TEST(count == 8u);
  Tied tied;
  nn::for_each_module(tied, [&](const std::string& name, auto& module) {
    BOOST_TEST(name.empty());
    BOOST_TEST(static_cast<const void*>(&module) == &*tied);
  });

  // What a loop does to gradients it does once.
  chain[0_c]->bias.grad().fill(4);
  nn::for_each_parameter(chain, [](const std::string&, auto& parameter) { parameter.grad() *= 0.5F; });
  BOOST_TEST(chain[0_c]->bias.grad()(1) == 2);
}

BOOST_AUTO_TEST_CASE(a_load_under_a_later_name_is_a_change) {
  Chain chain = tied_chain();
  const auto dict = chain.state_dict();
  tenon::StateDict later;
  later.insert("2.body.weight", dict["2.body.weight"]);
  nn::Variable x{Tensor<float, 2, 3>{}, nn::requires_grad};
  const auto y = chain(x);
  chain.load_state_dict(later, {.strict = false});
  BOOST_CHECK_THROW(y.backward(Tensor<float, 2, 3>{}), tenon::Error);
}

BOOST_AUTO_TEST_CASE(gradients_of_the_places_add) {
  // torch: l = nn.Linear(1, 1, bias=False); l.weight = 3; l(l(l(x))).backward() at x = 2: weight.grad 3 * 9 * 2 = 54
  nn::Shared<nn::Linear<1, 1, nn::bias<false>>> tied;
  tied->weight.data().fill(3);
  nn::Sequential chain{tied, tied, tied};
  tenon::optim::SGD optimizer{chain, {.lr = 0.5}};
  chain(nn::Variable{Tensor<float, 1, 1>::from({2})}).backward(Tensor<float, 1, 1>::from({1}));
  BOOST_TEST(tied->weight.grad().item() == 54);
  optimizer.step();
  BOOST_TEST(tied->weight.data().item() == 3 - 27);
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
  // As part of a module it is copied with it, and so it is by a conversion.
  forwards::Tied<> user, copy = user;
  const auto own = user.to<float>();
  for (const auto* model : {&std::as_const(copy), &own}) {
    BOOST_TEST(&*model->first != &*user.first);
    BOOST_TEST(&*model->first == &*model->second);
  }
}

// ---- all ways to share in four places

using One = nn::Shared<nn::Linear<1, 1, nn::bias<false>>>;
struct Four : nn::Module<Four> {
  using Pair = nn::Sequential<One, nn::Residual<One>>;
  // The last is inside a Shared layer.
  BOOST_HANA_DEFINE_STRUCT(Four, (One, first), (Pair, pair), (nn::Shared<nn::Sequential<One>>, last));
  auto forward(const auto& x) const { return last(pair(first(x))); }

  std::array<One*, 4> places() { return {&first, &pair[0_c], &pair[1_c].body, &(*last)[0_c]}; }
  std::array<float, 4> values() {
    std::array<float, 4> result;
    for (std::size_t i = 0; i < 4; ++i) result[i] = (**places()[i]).weight.data().item();
    return result;
  }
  /// The first place with the instance of each place.
  std::array<std::size_t, 4> ties() {
    std::array<std::size_t, 4> result;
    for (std::size_t i = 0; i < 4; ++i)
      for (result[i] = 0; places()[result[i]]->instance() != places()[i]->instance();) ++result[i];
    return result;
  }
};
/// Layers with the weights 1, 2, ... in four places, as the digits of `ties` say.
Four four(const std::vector<One>& layers, unsigned ties) {
  Four model;
  for (One* place : model.places()) {
    place->share(layers[ties % layers.size()].instance());
    ties /= static_cast<unsigned>(layers.size());
  }
  return model;
}

BOOST_AUTO_TEST_CASE(assignments_of_models_that_share_in_any_way) {
  std::size_t thrown = 0, trained = 0;
  for (unsigned run = 0; run < 4000; ++run) {
    std::vector<One> layers(6), others(layers.begin(), layers.begin() + 3);
    for (std::size_t i = 0; i < layers.size(); ++i) layers[i]->weight.data().fill(static_cast<float>(i + 1));
    auto& draw = tenon::generator();
    const bool in_common = draw() % 4 == 0, is_copied = draw() % 2 == 0, is_trained = draw() % 2 == 0;
    if (!in_common) others.assign(layers.begin() + 3, layers.end());
    Four to = four({layers.begin(), layers.begin() + 3}, static_cast<unsigned>(draw() % 81)),
         from = four(others, static_cast<unsigned>(draw() % 81));
    const auto before = to.values(), values = from.values();
    const auto ties = from.ties(), ties_before = to.ties();
    std::optional<tenon::optim::SGD> optimizer;
    if (is_trained) optimizer.emplace(to, tenon::optim::SGD::Options{.lr = 1});
    BOOST_TEST_CONTEXT(run << (in_common ? ", layers in common" : "") << (is_copied ? ", copied" : ", moved")
                           << (is_trained ? ", trained" : "")) {
      try {
        if (is_copied)
          to = from;
        else
          to = std::move(from);
      } catch (const tenon::Error&) {
        ++thrown;
        BOOST_TEST(is_trained);
        BOOST_TEST(to.values() == before, boost::test_tools::per_element());
        BOOST_TEST(from.values() == values, boost::test_tools::per_element());
        BOOST_TEST(to.ties() == ties_before, boost::test_tools::per_element());
        bool is_coarser = in_common;
        for (std::size_t i = 0; i < 4; ++i) is_coarser = is_coarser || ties[ties_before[i]] != ties[i];
        BOOST_TEST(is_coarser);
        continue;
      }
      BOOST_TEST(to.values() == values, boost::test_tools::per_element());
      BOOST_TEST(to.ties() == ties, boost::test_tools::per_element());
      if (is_copied) {
        BOOST_TEST(from.values() == values, boost::test_tools::per_element());
        BOOST_TEST(from.ties() == ties, boost::test_tools::per_element());
      }
      if (!is_trained) continue;
      ++trained;
      nn::for_each_parameter(to, [](const std::string&, auto& weight) { weight.grad().fill(1); });
      optimizer->step();
      for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(to.values()[i] == values[i] - 1);
    }
  }
  BOOST_TEST(thrown > 100u);
  BOOST_TEST(trained > 1000u);
}

BOOST_AUTO_TEST_CASE(copies_of_models_that_share_in_any_way) {
  for (unsigned ties = 0; ties < 81; ++ties) {
    std::vector<One> layers(3);
    Four model = four(layers, ties);
    Four copy = model;
    Four moved_from = model, into_moved_from = std::move(moved_from);
    moved_from = model;
    std::vector<Four> several(3, model);
    for (Four* other : {&copy, &moved_from, &into_moved_from, &several[0], &several[2]}) {
      BOOST_TEST(other->values() == model.values(), boost::test_tools::per_element());
      BOOST_TEST(other->ties() == model.ties(), boost::test_tools::per_element());
      for (const One* place : other->places())
        for (const One& layer : layers) BOOST_TEST(place->instance() != layer.instance());
    }
    const auto values = model.values();
    for (One* place : copy.places()) (**place).weight.data().fill(9);
    BOOST_TEST(model.values() == values, boost::test_tools::per_element());
  }
}

// ---- copies that end early, and copies of a user's own

struct Failing {
  bool fails = false;
  Failing() = default;
  Failing(const Failing& other) { *this = other; }
  Failing& operator=(const Failing& other) {
    if (other.fails) throw std::bad_alloc();
    return *this;
  }
};
struct Fragile : nn::Module<Fragile> {
  Failing log;
  BOOST_HANA_DEFINE_STRUCT(Fragile, (One, first), (One, last));
};
bool are_apart(const One& a, const One& b) { return a.instance() != b.instance(); }

BOOST_AUTO_TEST_CASE(a_copy_that_throws_leaves_others_alone) {
  Fragile model, target;
  model.last = std::as_const(model.first);
  std::optional<Fragile> slot;
  for (const bool fails : {true, false, true, false}) {
    model.log.fails = fails;
    slot.reset();
    if (fails) {
      BOOST_CHECK_THROW(slot.emplace(std::as_const(model)), std::bad_alloc);
      BOOST_CHECK_THROW(target = model, std::bad_alloc);
    } else {
      slot.emplace(std::as_const(model));
      model.first->weight.data().fill(42);
      target = model;
      for (const Fragile* copy : {&std::as_const(*slot), &std::as_const(target)}) {
        BOOST_TEST(are_apart(copy->first, model.first));
        BOOST_TEST(!are_apart(copy->first, copy->last));
      }
      BOOST_TEST(target.last->weight.data().item() == 42);
    }
    const nn::Sequential<One> chain, one = chain, two = chain;
    BOOST_TEST(are_apart(one[0_c], two[0_c]));
    BOOST_TEST(are_apart(one[0_c], chain[0_c]));
  }
}

struct ByAssignment : nn::Module<ByAssignment> {
  BOOST_HANA_DEFINE_STRUCT(ByAssignment, (One, first), (One, last));
  ByAssignment() = default;
  ByAssignment(const ByAssignment& other) : Module(other) { *this = other; }
  ByAssignment& operator=(const ByAssignment&) = default;
};
struct ByCopyAndMove : nn::Module<ByCopyAndMove> {
  BOOST_HANA_DEFINE_STRUCT(ByCopyAndMove, (One, first), (One, last));
  ByCopyAndMove() = default;
  ByCopyAndMove(const ByCopyAndMove&) = default;
  ByCopyAndMove(ByCopyAndMove&&) = default;
  ByCopyAndMove& operator=(ByCopyAndMove&&) = default;
  ByCopyAndMove& operator=(const ByCopyAndMove& other) {
    ByCopyAndMove copy(other);
    return *this = std::move(copy);
  }
};
struct WithCache : nn::Module<WithCache> {  // whose cache is no part of the model
  nn::Sequential<One> cache;
  BOOST_HANA_DEFINE_STRUCT(WithCache, (One, first), (One, last));
};
template <class Part>
struct Outer : nn::Module<Outer<Part>> {
  BOOST_HANA_DEFINE_STRUCT(Outer, (One, before), (Part, part), (nn::Shared<Part>, shared), (One, after));
};
using parts = std::tuple<ByAssignment, ByCopyAndMove, WithCache>;

BOOST_AUTO_TEST_CASE_TEMPLATE(parts_are_copied_in_ways_of_their_own, Part, parts) {
  Outer<Part> model;
  model.after = std::as_const(model.before);
  model.part.last = std::as_const(model.part.first);
  Outer<Part> copy = model, assigned;
  for (int repeated = 0; repeated < 3; ++repeated) {
    model.part.first->weight.data().fill(static_cast<float>(repeated));
    model.shared->last->weight.data().fill(static_cast<float>(-repeated));
    assigned = model;
    Outer<Part> again = model;
    for (Outer<Part>* other : {&copy, &assigned, &again}) {
      BOOST_TEST(are_apart(other->before, model.before));
      BOOST_TEST(!are_apart(other->before, other->after));
      BOOST_TEST(are_apart(other->part.first, model.part.first));
      BOOST_TEST(!are_apart(other->part.first, other->part.last));
      BOOST_TEST((other->shared.instance() != model.shared.instance()));
      BOOST_TEST(are_apart(other->shared->last, model.shared->last));
      BOOST_TEST(are_apart(other->shared->last, other->shared->first));
      if constexpr (std::is_same_v<Part, WithCache>)
        BOOST_TEST(are_apart(other->part.cache[0_c], model.part.cache[0_c]));
      if (other == &copy) continue;
      BOOST_TEST(other->part.last->weight.data().item() == repeated);
      BOOST_TEST(other->shared->last->weight.data().item() == -repeated);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_optimiser_says_so_when_its_layer_is_replaced) {
  nn::Sequential<One, nn::Tanh, One> chain;
  tenon::optim::SGD optimizer{chain, {.lr = 1}};
  chain[0_c] = One{};  // written into the layer that is there
  optimizer.step();
  const One other;
  chain[0_c] = other;
  check_error([&] { optimizer.step(); },
              "Optimizer: the parameter \"0.weight\" is in no module any more: its nn::Shared was given another layer; "
              "make a new optimiser");
}

}  // namespace
