// Where a plan lays what a net computes with: nothing may be written over what is still to be read.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>

#include "agrees.hpp"

namespace {

namespace nn = tenon::nn;
using nn::functional::relu;
using nn::functional::tanh;
using tenon::Tensor;
using tenon_test::agrees;
using tenon_test::Conv;
using tenon_test::Image;
using tenon_test::ReadAgain;
using tenon_test::SumOfSums;

using Rows = Tensor<float, 4, 5>;

struct Piece {
  std::size_t begin, end;
  bool meets(const Piece& other) const { return begin < other.end && other.begin < end; }
};

/// Runs a plan without computing: nothing may be written over what is still to be read.
template <class Input, class Model>
void check_memory(const char* name) {
  tenon::plan::with_plan<tenon::cpu::Backend, Input>(Model{}, [&](const tenon::plan::Graph& graph,
                                                                  const tenon::plan::Plan& plan, auto) {
    using tenon::plan::Location;
    const auto& stages = plan.stages.list;
    const auto piece_of = [&](int edge) {
      const Location at = plan.memory.edges[static_cast<std::size_t>(edge)];
      // A result lies in the workspace, unless the caller gives it a place.
      for (std::size_t r = 0; r < plan.results.size(); ++r)
        if (at.base == Location::first_argument + 1 + r)
          return Piece{plan.memory.results[r].offset + at.offset,
                       plan.memory.results[r].offset + at.offset + graph.bytes(edge)};
      return at.base == Location::workspace ? Piece{at.offset, at.offset + graph.bytes(edge)} : Piece{0, 0};
    };
    const auto is_read_after = [&](int edge, std::size_t stage) {
      for (const int result : plan.results)
        if (graph.whole(result) == graph.whole(edge)) return true;
      for (std::size_t later = stage + 1; later < stages.size(); ++later)
        for (const int input : graph.ports(stages[later].inputs))
          if (graph.whole(input) == graph.whole(edge)) return true;
      return false;
    };
    const auto is_written_before = [&](int edge, std::size_t stage) {
      for (std::size_t earlier = 0; earlier < stage; ++earlier)
        for (const int output : graph.ports(stages[earlier].outputs))
          if (graph.whole(output) == graph.whole(edge)) return true;
      return false;
    };
    std::size_t least = 0;
    for (std::size_t s = 0; s < stages.size(); ++s) {
      const std::size_t scratch_bytes = stages[s].kernel->scratch_bytes, scratch = plan.memory.scratch[s];
      std::vector<Piece> written{{scratch, scratch + scratch_bytes}};
      for (const int output : graph.ports(stages[s].outputs)) written.push_back(piece_of(output));
      std::size_t live = scratch_bytes;
      for (int edge = 0; edge < graph.edges(); ++edge) {
        if (graph.whole(edge) != edge || graph.is_input(edge)) continue;
        const Piece piece = piece_of(edge);
        bool is_input = false, is_output = false;
        int position = 0;
        for (const int input : graph.ports(stages[s].inputs)) {
          if (graph.whole(input) == edge && position >= stages[s].kernel->in_place) is_input = true;
          ++position;
        }
        for (const int output : graph.ports(stages[s].outputs)) is_output = is_output || graph.whole(output) == edge;
        const bool waits = is_written_before(edge, s) && is_read_after(edge, s);
        if (waits || is_input || is_output) live += piece.end - piece.begin;
        if (is_output || !(is_input || waits)) continue;
        for (const Piece& w : written)
          BOOST_TEST(!w.meets(piece), name << ": stage " << s << " writes over edge " << edge);
      }
      for (const Piece& w : written) BOOST_TEST(w.end <= plan.memory.workspace_bytes, name);
      for (std::size_t a = 0; a < written.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) BOOST_TEST(!written[a].meets(written[b]), name << ": stage " << s);
      least = (std::max)(least, live);
    }
    BOOST_TEST(plan.memory.workspace_bytes >= least, name);
    // Gaps and lines of the cache.
    BOOST_TEST(plan.memory.workspace_bytes <= 1.3 * static_cast<double>(least) + 64 * 20, name);
    return 0;
  });
}

struct Joined : nn::Module<Joined> {
  BOOST_HANA_DEFINE_STRUCT(Joined, (Conv<3, 16>, a), (Conv<16, 16>, b), (Conv<32, 16>, c));
  auto forward(const auto& x) const {
    auto skip = relu(a(x));
    auto both = tenon::cat<1>(b(skip), skip);
    return c(both) * 2 + tanh(skip);
  }
};
using LeNet = nn::Sequential<Conv<1, 6>, nn::ReLU, nn::MaxPool2d<nn::kernel_size<2>>, Conv<6, 16>, nn::ReLU,
                             nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>, nn::Linear<784, 10>>;
using Small = nn::Sequential<Conv<3, 33>, nn::Residual<nn::Sequential<Conv<33, 64>, nn::GroupNorm<4, 64>, Conv<64, 33>>>,
                             nn::PReLU<>, nn::Softmax<>, nn::BatchNorm2d<33>>;
BOOST_AUTO_TEST_CASE(nothing_is_overwritten_that_is_still_read) {
  check_memory<Image, Joined>("joined");
  check_memory<Tensor<float, 1, 3, 4, 5>, Joined>("joined in place");
  check_memory<Tensor<float, 1, 1, 28, 28>, LeNet>("LeNet");
  check_memory<Image, Small>("norms");
  check_memory<Rows, SumOfSums>("sums");
  check_memory<Image, ReadAgain>("read again");
}

// Maps, normalizations and sums need no memory of their own.
BOOST_AUTO_TEST_CASE(stages_work_in_place) {
  using Wide = Tensor<float, 8, 64>;
  constexpr std::size_t bytes = Wide::size() * sizeof(float);
  using Chain = nn::Sequential<nn::Linear<64, 64>, nn::LayerNorm<nn::normalized_shape<64>>, nn::PReLU<>,
                               nn::LayerNorm<nn::normalized_shape<64>>, nn::Tanh, nn::BatchNorm1d<64>>;
  using Net = decltype(tenon::compile<Wide>(Chain{}));
  static_assert(Net::workspace_bytes <= 2 * bytes);  // the result, and a copy of an input that lies in it
  agrees<Wide, Chain>("in place");
}

}  // namespace
