// What the tests of streams share: a sequence in pieces beside the whole.
#pragma once

#include <boost/test/unit_test.hpp>

#include "difference.hpp"

namespace tenon_test {

/// A shape whose extent along axis `Axis` is another one.
template <std::size_t Axis, tenon::index_t Extent, class X>
using with_extent_t =
    tenon::tensor_of_t<typename X::value_type, tenon::replace_extent_t<tenon::shape_of_t<X>, Axis, Extent>>;

/// Calls `f(position in the piece, position in the whole)` for each element of a piece, whose first position along the
/// axis is `begin` in the whole. Of positions outside the whole there are none.
template <class Piece, class Whole, class F>
void for_each_element(std::size_t axis, tenon::index_t begin, F&& f) {
  constexpr auto piece = tenon::shape_of_t<Piece>::dims, whole = tenon::shape_of_t<Whole>::dims;
  tenon::index_t outer = 1, inner = 1;
  for (std::size_t a = 0; a < piece.size(); ++a) (a < axis ? outer : inner) *= a == axis ? 1 : piece[a];
  for (tenon::index_t o = 0; o < outer; ++o)
    for (tenon::index_t t = 0; t < piece[axis]; ++t)
      for (tenon::index_t i = 0; i < inner; ++i)
        if (begin + t >= 0 && begin + t < whole[axis])
          f((o * piece[axis] + t) * inner + i, (o * whole[axis] + begin + t) * inner + i);
}

template <std::size_t Axis, class Whole, tenon::index_t Extent, class Model, class Result>
void check_blocks(const Model& model, const Whole& x, const Result& wanted) {
  BOOST_TEST_CONTEXT("blocks of " << Extent) {
    using Block = with_extent_t<Axis, Extent, Whole>;
    constexpr tenon::index_t blocks = tenon::shape_of_t<Whole>::dims[Axis] / Extent;
    auto stream = tenon::compile_stream<Block>(model);
    using Output = typename decltype(stream)::Output;
    constexpr tenon::index_t results = tenon::shape_of_t<Output>::dims[Axis],
                             of_whole = tenon::shape_of_t<Result>::dims[Axis];
    // What the whole has less is what it would make of zeros before it; what it has more is behind the last element.
    constexpr tenon::index_t missing = std::max<tenon::index_t>(0, blocks * results - of_whole);
    const auto run = [&](const char* when) {
      double apart = 0;
      tenon::index_t compared = 0;
      for (tenon::index_t block = 0; block < blocks; ++block) {
        Block piece;
        for_each_element<Block, Whole>(
            Axis, block * Extent, [&](tenon::index_t to, tenon::index_t from) { piece.data()[to] = x.data()[from]; });
        const Output& y = stream.step(piece);
        for_each_element<Output, Result>(
            Axis, block * results - missing, [&](tenon::index_t at, tenon::index_t in_whole) {
              const double difference = std::abs(double{y.data()[at]} - double{wanted.data()[in_whole]});
              apart = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(apart, difference);
              ++compared;
            });
      }
      BOOST_TEST(apart < 1e-5, when);
      BOOST_TEST(compared > static_cast<tenon::index_t>(Result::size()) / 2);
    };
    run("at first");
    stream.reset();
    run("after a reset");
  }
}

/// `model` on a random sequence `Whole`, as a stream of blocks of each of `Extents` along axis `Axis`, and at once.
template <std::size_t Axis, class Whole, tenon::index_t... Extents, class Model>
void check_stream(const Model& model) {
  const Whole x = random_input<Whole>();
  const auto wanted = model(x);
  (check_blocks<Axis, Whole, Extents>(model, x, wanted), ...);
}

}  // namespace tenon_test
