// Streams of recurrent layers, whose states go on from piece to piece.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>

#if defined(__linux__)
#include <pthread.h>
#endif

#include "streaming.hpp"

namespace {

namespace nn = tenon::nn;
using tenon::Tensor;
using tenon_test::check_stream;
using tenon_test::difference;
using tenon_test::random_input;

template <std::size_t Axis, class Whole, tenon::index_t Extent, class Layer>
void check_states(const Layer& layer) {
  const Whole x = random_input<Whole>();
  const auto wanted = layer(x);
  using Block = tenon_test::with_extent_t<Axis, Extent, Whole>;
  auto stream = tenon::compile_stream<Block>(layer);
  using Output = typename decltype(stream)::Output;
  Output results;
  for (tenon::index_t begin = 0; begin < tenon::shape_of_t<Whole>::dims[Axis]; begin += Extent) {
    Block piece;
    tenon_test::for_each_element<Block, Whole>(
        Axis, begin, [&](tenon::index_t to, tenon::index_t from) { piece.data()[to] = x.data()[from]; });
    results = stream.step(piece);
    using Y = std::tuple_element_t<0, Output>;
    using AllY = std::tuple_element_t<0, std::remove_const_t<decltype(wanted)>>;
    double apart = 0;
    tenon_test::for_each_element<Y, AllY>(Axis, begin, [&](tenon::index_t at, tenon::index_t in_whole) {
      apart = std::max(
          apart, std::abs(double{std::get<0>(results).data()[at]} - double{std::get<0>(wanted).data()[in_whole]}));
    });
    BOOST_TEST(apart < 1e-6, "blocks of " << Extent << " from " << begin);
  }
  // The last states of the last piece are those of the sequence.
  BOOST_TEST(difference(std::get<1>(results), std::get<1>(wanted)) < 1e-6);
  if constexpr (std::tuple_size_v<Output> > 2) BOOST_TEST(difference(std::get<2>(results), std::get<2>(wanted)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(states_of_several_layers) {
  const nn::LSTM<3, 20, nn::num_layers<2>> lstm;
  check_states<0, Tensor<float, 48, 2, 3>, 1>(lstm);
  check_states<0, Tensor<float, 48, 2, 3>, 3>(lstm);
  check_states<0, Tensor<float, 48, 2, 3>, 16>(lstm);
}
BOOST_AUTO_TEST_CASE(samples_first) {
  const nn::GRU<5, 17, nn::batch_first<true>, nn::bias<false>> gru;
  check_states<1, Tensor<float, 3, 12, 5>, 1>(gru);
  check_states<1, Tensor<float, 3, 12, 5>, 4>(gru);
}
BOOST_AUTO_TEST_CASE(one_sequence_without_a_batch) {
  const nn::RNN<2, 33, nn::nonlinearity<nn::relu>> rnn;
  check_states<0, Tensor<float, 10, 2>, 1>(rnn);
  check_states<0, Tensor<float, 10, 2>, 5>(rnn);
}

/// The net of many guitar amplifiers.
template <class Memory, class T = float>
struct Amplifier : nn::Module<Amplifier<Memory, T>> {
  using Out = nn::Linear<8, 1, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Amplifier, (Memory, memory), (Out, out));
  auto forward(const auto& x) const { return x + out(std::get<0>(memory(x))); }
};
BOOST_AUTO_TEST_CASE(amplifiers) {
  check_stream<0, Tensor<float, 64, 1, 1>, 1, 64>(Amplifier<nn::LSTM<1, 8>>{});
  check_stream<1, Tensor<double, 2, 32, 1>, 16>(
      Amplifier<nn::GRU<1, 8, nn::batch_first<true>, nn::dtype<double>>, double>{});
}

BOOST_AUTO_TEST_CASE(a_number_that_is_none_stays_in_its_sequence) {
  const nn::LSTM<2, 5> lstm;
  auto stream = tenon::compile_stream<Tensor<float, 1, 3, 2>>(lstm);
  auto x = random_input<Tensor<float, 1, 3, 2>>();
  x(0, 1, 0) = std::numeric_limits<float>::quiet_NaN();
  for (int step = 0; step < 3; ++step) {
    const auto& y = std::get<0>(stream.step(x));
    for (tenon::index_t i = 0; i < 5; ++i) {
      BOOST_TEST(std::isfinite(y(0, 0, i)));
      BOOST_TEST(std::isnan(y(0, 1, i)));
      BOOST_TEST(std::isfinite(y(0, 2, i)));
    }
    x(0, 1, 0) = 0;
  }
  stream.reset();
  BOOST_TEST(std::isfinite(std::get<0>(stream.step(x))(0, 1, 0)));
}

#if defined(__linux__) && !defined(TENON_SANITIZED)
BOOST_AUTO_TEST_CASE(large_states_on_a_small_stack) {
  using Block = Tensor<float, 1, 1, 64>;
  const nn::GRU<64, 512> gru;
  struct Work {
    tenon::stream_t<nn::GRU<64, 512>, Block> stream;
    Block x;
    Tensor<float, 1, 1, 512> y;
    Tensor<float, 1, 1, 512> last;
  } work{tenon::compile_stream<Block>(gru), random_input<Block>(), {}, {}};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  BOOST_TEST_REQUIRE(pthread_attr_setstacksize(&attributes, 64 << 10) == 0);
  pthread_t thread;
  BOOST_TEST_REQUIRE(pthread_create(
                         &thread, &attributes,
                         [](void* argument) -> void* {
                           auto& in_thread = *static_cast<Work*>(argument);
                           in_thread.stream.step(in_thread.x, in_thread.y, in_thread.last);
                           return nullptr;
                         },
                         &work) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  BOOST_TEST(difference(work.y, std::get<0>(gru(work.x))) < 1e-6);
}
#endif

}  // namespace
