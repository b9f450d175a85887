// Streams: a model that takes its input piece by piece gives what it gives on the whole sequence at once.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>

#include "streaming.hpp"

namespace {

namespace nn = tenon::nn;
using tenon::Tensor;
using tenon_test::check_stream;
using tenon_test::difference;
using tenon_test::random_input;

// ---- convolutions

/// A gated block of convolutions without padding; what goes beside them is cropped.
template <tenon::index_t Channels, tenon::index_t Dilation>
struct Gated : nn::Module<Gated<Channels, Dilation>> {
  using Wide = nn::Conv1d<Channels, 2 * Channels, nn::kernel_size<3>, nn::dilation<Dilation>>;
  using Mix = nn::Conv1d<Channels, Channels, nn::kernel_size<1>>;
  BOOST_HANA_DEFINE_STRUCT(Gated, (Wide, wide), (Mix, mix));
  auto forward(const auto& x) const {
    constexpr tenon::index_t older = 2 * Dilation;
    const auto [filter, gate] = tenon::chunk<2, 1>(wide(x));
    const auto y = mix(nn::functional::tanh(filter) * nn::functional::sigmoid(gate));
    return tenon::narrow<2, older, tenon::shape_of_t<decltype(x)>::dims[2] - older>(x) + y;
  }
};
BOOST_AUTO_TEST_CASE(gated_blocks_without_padding) {
  nn::Sequential<nn::Conv1d<1, 5, nn::kernel_size<1>>, Gated<5, 1>, Gated<5, 4>, nn::Conv1d<5, 1, nn::kernel_size<2>>>
      model;
  check_stream<2, Tensor<float, 1, 1, 192>, 1, 3, 16, 64>(model);
  check_stream<2, Tensor<float, 1, 1, 254>, 127>(model);
}

/// The same layers with all padding on the left, and nothing cropped.
template <tenon::index_t Channels, tenon::index_t Dilation>
using Causal = nn::Residual<
    nn::Sequential<nn::ZeroPad1d<nn::padding<2 * Dilation, 0>>,
                   nn::Conv1d<Channels, Channels, nn::kernel_size<3>, nn::dilation<Dilation>>,
                   nn::BatchNorm1d<Channels>, nn::Tanh, nn::Conv1d<Channels, Channels, nn::kernel_size<1>>>>;
BOOST_AUTO_TEST_CASE(causal_blocks_of_whole_vectors_and_others) {
  nn::Sequential<nn::ZeroPad1d<nn::padding<2, 0>>, nn::Conv1d<2, 32, nn::kernel_size<3>>, Causal<32, 3>, Causal<32, 16>,
                 nn::Conv1d<32, 17, nn::kernel_size<1>>, nn::PReLU<nn::num_parameters<17>>, Causal<17, 2>,
                 nn::Conv1d<17, 3, nn::kernel_size<1>>, nn::Softmax<>>
      model;
  model.eval();
  check_stream<2, Tensor<float, 2, 2, 192>, 1, 3, 64>(model);
  check_stream<2, Tensor<float, 2, 2, 127>, 127>(model);
}

BOOST_AUTO_TEST_CASE(groups_and_double) {
  nn::Sequential<nn::Conv1d<6, 12, nn::kernel_size<4>, nn::groups<3>>, nn::ReLU,
                 nn::Conv1d<12, 12, nn::kernel_size<5>, nn::dilation<2>, nn::groups<12>, nn::bias<false>>>
      model;
  check_stream<2, Tensor<float, 1, 6, 60>, 1, 5, 20>(model);
  check_stream<2, Tensor<double, 1, 6, 60>, 4>(model.to<double>());
}

BOOST_AUTO_TEST_CASE(strides_poolings_and_transposed_convolutions) {
  nn::Sequential<nn::ZeroPad1d<nn::padding<4, 0>>, nn::Conv1d<3, 8, nn::kernel_size<5>, nn::stride<2>>,
                 nn::InstanceNorm1d<8, nn::track_running_stats<true>>, nn::ReLU, nn::MaxPool1d<nn::kernel_size<2>>,
                 nn::ConvTranspose1d<8, 6, nn::kernel_size<5>, nn::stride<3>>, nn::LeakyReLU<>,
                 nn::ConvTranspose1d<6, 2, nn::kernel_size<2>, nn::stride<4>>>
      model;
  model.eval();
  check_stream<2, Tensor<float, 1, 3, 96>, 4, 16, 48>(model);
  // Windows that overlap begin with zeros, which the whole sequence does not have.
  nn::Sequential<nn::AvgPool1d<nn::kernel_size<5>, nn::stride<2>>, nn::MaxPool1d<nn::kernel_size<3>, nn::stride<1>>>
      pools;
  check_stream<2, Tensor<float, 2, 3, 62>, 2, 62>(pools);
  check_stream<2, Tensor<float, 2, 16, 62>, 2>(nn::Sequential<nn::Conv1d<16, 16, nn::kernel_size<3>>, nn::ReLU,
                                                              nn::AvgPool1d<nn::kernel_size<3>, nn::stride<2>>>{});
}

BOOST_AUTO_TEST_CASE(no_window_ends_behind_the_latest_element) {
  using Block = Tensor<float, 2, 3, 4>;
  auto stream = tenon::compile_stream<Block>(nn::AvgPool1d<nn::kernel_size<5>, nn::stride<2>, nn::ceil_mode<true>>{});
  auto without = tenon::compile_stream<Block>(nn::AvgPool1d<nn::kernel_size<5>, nn::stride<2>>{});
  static_assert(std::is_same_v<decltype(stream)::Output, Tensor<float, 2, 3, 2>>);
  for (int step = 0; step < 3; ++step) {
    const Block x = random_input<Block>();
    BOOST_TEST(difference(stream.step(x), without.step(x)) == 0);
  }
}

// ---- several inputs and results

/// A filter with a knob, which also tells how loud it is.
struct Amplifier : nn::Module<Amplifier> {
  using In = nn::Conv1d<2, 7, nn::kernel_size<3>>;
  using Out = nn::Conv1d<7, 1, nn::kernel_size<1>>;
  BOOST_HANA_DEFINE_STRUCT(Amplifier, (In, in), (Out, out), (Out, level));
  auto forward(const auto& audio, const auto& knob) const {
    const auto y = nn::functional::tanh(in(tenon::cat<1>(audio, 0.5 * knob)));
    return std::tuple{out(y) / 3, nn::functional::sigmoid(level(y))};
  }
};
using Audio = Tensor<float, 1, 1, 16>;
BOOST_AUTO_TEST_CASE(knobs_copies_and_resets) {
  Amplifier model;
  auto stream = tenon::compile_stream<Audio, Audio>(model);
  static_assert(std::is_same_v<decltype(stream), tenon::stream_t<Amplifier, Audio, Audio>>);
  const Audio a = random_input<Audio>(), knob = random_input<Audio>(), b = random_input<Audio>();
  const Audio first = std::get<0>(stream.step(a, knob));
  auto copy = stream;  // goes on from here
  Audio second, level;
  stream.step(b, knob, second, level);
  BOOST_TEST(difference(std::get<0>(copy.step(b, knob)), second) == 0);
  copy = stream;
  Audio in_place = a, in_place_level = knob;
  copy.step(in_place, in_place_level, in_place, in_place_level);
  const auto& [third, third_level] = stream.step(a, knob);
  BOOST_TEST(difference(in_place, third) == 0);
  BOOST_TEST(difference(in_place_level, third_level) == 0);
  BOOST_TEST(difference(third, first) > 1e-3);  // remembers b
  stream.reset();
  BOOST_TEST(difference(std::get<0>(stream.step(a, knob)), first) == 0);
  const auto moved = std::move(stream);
  BOOST_TEST(moved.plan().stages.size() > 1);
}

// ---- time along other axes

BOOST_AUTO_TEST_CASE(time_that_no_layer_names) {
  nn::Sequential<nn::Linear<5, 9>, nn::LayerNorm<nn::normalized_shape<9>>, nn::GELU, nn::Linear<9, 4>,
                 nn::Softmax<nn::dim<-1>>>
      model;
  using Block = Tensor<float, 3, 4, 5>;
  auto stream = tenon::compile_stream<nn::dim<1>, Block>(model);
  const Block x = random_input<Block>();
  BOOST_TEST(difference(stream.step(x), model(x)) < 1e-6);
  BOOST_TEST(difference(tenon::compile_stream<nn::dim<-2>, Block>(model).step(x), model(x)) < 1e-6);
}

/// Steps through pictures, each on its own, and keeps in mind what was in them.
struct Frames : nn::Module<Frames> {
  using Picture = nn::Sequential<nn::Conv2d<1, 4, nn::kernel_size<3>, nn::padding<1>>, nn::ReLU,
                                 nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>, nn::Linear<36, 6>>;
  using InRows = nn::Unflatten<nn::dim<1>, nn::unflattened_size<1, 6>>;
  BOOST_HANA_DEFINE_STRUCT(Frames, (nn::GRU<6, 5>, memory), (Picture, picture), (InRows, in_rows));
  auto forward(const auto& x) const {
    const auto features = in_rows(picture(x));  // (time, 1, 6)
    const auto [y, last] = memory(features);
    return tenon::permute<2, 1, 0>(y);
  }
};
BOOST_AUTO_TEST_CASE(pictures_one_after_the_other) {
  Frames model;
  const auto x = random_input<Tensor<float, 6, 1, 6, 6>>();
  const auto y = model(x);  // (5, 1, 6)
  auto stream = tenon::compile_stream<Tensor<float, 2, 1, 6, 6>>(model);
  for (tenon::index_t block = 0; block < 3; ++block) {
    Tensor<float, 2, 1, 6, 6> piece;
    std::copy_n(x.data() + block * 72, 72, piece.data());
    const Tensor<float, 5, 1, 2>& got = stream.step(piece);
    for (tenon::index_t i = 0; i < 5; ++i)
      for (tenon::index_t t = 0; t < 2; ++t) BOOST_TEST(std::abs(got(i, 0, t) - y(i, 0, block * 2 + t)) < 1e-6);
  }
}

/// A recurrent layer on what a convolution makes of words.
struct Words : nn::Module<Words> {
  using Mix = nn::Sequential<nn::ZeroPad1d<nn::padding<1, 0>>, nn::Conv1d<3, 8, nn::kernel_size<2>>>;
  BOOST_HANA_DEFINE_STRUCT(Words, (nn::LSTM<8, 4, nn::batch_first<true>>, memory), (nn::Embedding<9, 3>, words),
                           (Mix, mix));
  auto forward(const auto& x) const {
    const auto mixed = mix(tenon::transpose<1, 2>(words(x)));  // (N, 8, time)
    const auto [y, hidden, cell] = memory(tenon::transpose<1, 2>(mixed));
    return y;
  }
};
BOOST_AUTO_TEST_CASE(words_by_their_numbers) {
  const Words model;
  using Block = Tensor<std::int64_t, 2, 3>;
  using Sentence = Tensor<std::int64_t, 2, 9>;
  auto stream = tenon::compile_stream<nn::dim<1>, Block>(model);
  Sentence x;
  for (auto& word : x) word = static_cast<std::int64_t>(&word - x.data()) * 5 % 9;
  const auto wanted = model(x);
  Block piece;
  for (tenon::index_t begin = 0; begin < 9; begin += 3) {
    tenon_test::for_each_element<Block, Sentence>(
        1, begin, [&](tenon::index_t to, tenon::index_t from) { piece.data()[to] = x.data()[from]; });
    const Tensor<float, 2, 3, 4>& y = stream.step(piece);
    BOOST_TEST((stream.status() == tenon::Status::ok));
    tenon_test::for_each_element<Tensor<float, 2, 3, 4>, Tensor<float, 2, 9, 4>>(
        1, begin, [&](tenon::index_t at, tenon::index_t in_whole) {
          BOOST_TEST(std::abs(y.data()[at] - wanted.data()[in_whole]) < 1e-6);
        });
  }
  piece(1, 1) = 9;
  BOOST_CHECK_THROW(stream.check(piece), tenon::Error);
}

BOOST_AUTO_TEST_CASE(small_numbers_count_as_zeros_in_the_scope_of_a_guard) {
  volatile float small = 1e-39f;
  {
    const tenon::FlushDenormals guard;
    BOOST_TEST(small * 0.5f == 0);
  }
  BOOST_TEST(small * 0.5f > 0);
}

}  // namespace
